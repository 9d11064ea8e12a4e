package nokv.vfs;

import nokv.spi.Environment;
import nokv.spi.Options;
import nokv.spi.PluginRegistry;
import nokv.spi.Vfs;
import nokv.spi.VfsProvider;

/** {@code os}: the file system of the operating system. Takes no options. */
public final class OsVfsProvider implements VfsProvider {
  @Override public String name() {
    return "os";
  }

  @Override public Vfs open(Environment environment, Options options, PluginRegistry registry) {
    return new OsVfs();
  }
}
