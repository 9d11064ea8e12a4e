package nokv.engine.local;

import java.time.Duration;
import java.util.List;
import nokv.api.ConfigException;
import nokv.spi.Environment;
import nokv.spi.NodeConfig;
import nokv.spi.Option;
import nokv.spi.Options;
import nokv.spi.Oracle;
import nokv.spi.OracleProvider;
import nokv.spi.Replicator;

/** The oracle {@code local}: hybrid timestamps from this process's clock, with a ceiling kept in a register of the replicator. */
public final class LocalOracleProvider implements OracleProvider {
  @Override public String name() {
    return "local";
  }

  @Override public String block() {
    return "oracle";
  }

  @Override public List<Option> options() {
    return List.of(Option.of("window", Option.Type.DURATION, "3s",
        "How far ahead of the clock the ceiling of timestamps is stored. Longer: fewer small syncs, but after a restart timestamps may run ahead of the clock by as much. At least 10ms."));
  }

  @Override public Oracle open(Environment environment, Options options, NodeConfig config, Replicator replicator) {
    Duration window = options.duration("window");
    if (window.toMillis() < 10) throw new ConfigException(config.source() + ": oracle.window is " + window + ", expected 10ms or more");
    return new LocalOracle(environment, replicator, window, config.readOnly());
  }
}
