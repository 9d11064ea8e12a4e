package nokv.spi;

/** Opens a {@link Vfs}. */
public interface VfsProvider extends Provider {
  /** @param registry to open a file system underneath by name, for those that wrap one */
  Vfs open(Environment environment, Options options, PluginRegistry registry);
}
