package nokv.engine.lsm;

import java.util.List;
import nokv.spi.Command;
import nokv.spi.Environment;
import nokv.spi.Option;
import nokv.spi.Options;
import nokv.spi.StorageEngine;
import nokv.spi.StorageEngineProvider;
import nokv.spi.ValueStore;
import nokv.spi.Vfs;

/** {@code lsm}: write-ahead log, memtables and tables in levels. */
public final class LsmEngineProvider implements StorageEngineProvider {
  @Override public String name() {
    return "lsm";
  }

  @Override public String block() {
    return "engine";
  }

  @Override public List<Option> options() {
    return EngineOptions.DECLARED;
  }

  @Override public List<Command> commands() {
    return EngineCommands.ALL;
  }

  @Override public StorageEngine open(Environment environment, Options options, Vfs vfs, ValueStore values, String directory, boolean readOnly) {
    return Opening.open(environment, EngineOptions.of(options), vfs, values, directory, readOnly);
  }
}
