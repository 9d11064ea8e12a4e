package nokv.raftstore.store;

/** What {@link BrokenClasses} has called in place of what the product calls: the receiver comes first, the caller last where a method takes one more than there are arguments. */
public final class Broken {
  private Broken() {}

  /** All that was ever applied is taken for durable. */
  public static long everything(Applier applier) {
    return Long.MAX_VALUE;
  }
}
