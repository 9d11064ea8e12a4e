package nokv.spi;

/** Opens a {@link StorageEngine}. */
public interface StorageEngineProvider extends Provider {
  /**
   * Opens or creates the engine in a directory, recovering by itself.
   *
   * @throws nokv.api.LockedException another process has it open
   * @throws nokv.api.CorruptException naming file and offset; nothing was changed
   * @throws nokv.api.ConfigException the directory is not empty and not NoKV's
   */
  StorageEngine open(Environment environment, Options options, Vfs vfs, ValueStore values, String directory, boolean readOnly);
}
