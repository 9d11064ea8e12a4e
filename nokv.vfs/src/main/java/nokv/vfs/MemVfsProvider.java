package nokv.vfs;

import nokv.spi.Environment;
import nokv.spi.Options;
import nokv.spi.PluginRegistry;
import nokv.spi.Vfs;
import nokv.spi.VfsProvider;

/** {@code mem}: files in memory, gone when closed. Each opening is a file system of its own. Takes no options. */
public final class MemVfsProvider implements VfsProvider {
  @Override public String name() {
    return "mem";
  }

  @Override public Vfs open(Environment environment, Options options, PluginRegistry registry) {
    return MemVfs.plain();
  }
}
