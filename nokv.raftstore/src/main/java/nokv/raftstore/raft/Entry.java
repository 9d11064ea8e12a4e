package nokv.raftstore.raft;

/**
 * One entry of a group's log. The data are not copied: nobody changes them.
 *
 * @param data for {@link Kind#DATA} the application's command (empty: the entry a new leader begins its term with), otherwise a {@link ConfChange}
 */
public record Entry(long term, long index, Kind kind, byte[] data) {
  /** What is counted for an entry beside its data, where entries are bounded in bytes. */
  static final int OVERHEAD_BYTES = 24;

  private static final byte[] NONE = new byte[0];

  /** What an entry's data are. */
  public enum Kind {
    DATA,
    /** A {@link ConfChange}. */
    CHANGE
  }

  /** A proposal: gets its place from the leader. */
  static Entry proposed(Kind kind, byte[] data) {
    return new Entry(0, 0, kind, data);
  }

  static Entry empty() {
    return proposed(Kind.DATA, NONE);
  }

  Entry at(long newTerm, long newIndex) {
    return new Entry(newTerm, newIndex, kind, data);
  }

  public boolean isChange() {
    return kind != Kind.DATA;
  }

  /** What it counts for where entries are bounded in bytes. */
  public long bytes() {
    return OVERHEAD_BYTES + data.length;
  }
}
