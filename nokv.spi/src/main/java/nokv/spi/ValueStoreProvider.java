package nokv.spi;

/** Opens a {@link ValueStore}. */
public interface ValueStoreProvider extends Provider {
  /** @param directory the node's directory; the value store keeps to {@code directory/vlog} */
  ValueStore open(Environment environment, Options options, Vfs vfs, String directory, boolean readOnly);
}
