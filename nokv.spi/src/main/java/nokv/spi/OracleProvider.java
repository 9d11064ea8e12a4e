package nokv.spi;

/** Opens an {@link Oracle}. */
public interface OracleProvider extends Provider {
  /** @param replicator for a register that keeps the ceiling, and for {@link Replicator#newestVersion} */
  Oracle open(Environment environment, Options options, NodeConfig config, Replicator replicator);
}
