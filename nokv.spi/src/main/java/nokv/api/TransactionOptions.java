package nokv.api;

/**
 * How a transaction behaves.
 *
 * @param readOnly writes are refused; commit is free
 * @param serializable what was read is validated at commit too, ranges included, so that the transaction is as if alone (no write skew)
 * @param startVersion a managed transaction's read timestamp, given by the caller, who then gives the commit version too; 0 = the oracle gives both
 */
public record TransactionOptions(boolean readOnly, boolean serializable, long startVersion) {
  public static final TransactionOptions READ_WRITE = new TransactionOptions(false, false, 0);
  public static final TransactionOptions READ_ONLY = new TransactionOptions(true, false, 0);
  public static final TransactionOptions SERIALIZABLE = new TransactionOptions(false, true, 0);

  /** A transaction whose versions the caller gives: reads at {@code startVersion}, ended by {@link Transaction#commitAt}. */
  public static TransactionOptions managed(long startVersion) {
    if (startVersion <= 0) throw new IllegalArgumentException("a managed transaction needs a start version above 0, not " + startVersion);
    return new TransactionOptions(false, false, startVersion);
  }

  public boolean managed() {
    return startVersion != 0;
  }
}
