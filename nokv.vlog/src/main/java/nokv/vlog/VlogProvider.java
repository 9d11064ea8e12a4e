package nokv.vlog;

import java.util.List;
import nokv.spi.Command;
import nokv.spi.Environment;
import nokv.spi.Option;
import nokv.spi.Options;
import nokv.spi.ValueStore;
import nokv.spi.ValueStoreProvider;
import nokv.spi.Vfs;

/** {@code vlog}: keeps large values in a log of their own. */
public final class VlogProvider implements ValueStoreProvider {
  @Override public String name() {
    return "vlog";
  }

  @Override public List<Option> options() {
    return VlogOptions.DECLARED;
  }

  @Override public List<Command> commands() {
    return List.of(VlogCommand.of(this));
  }

  @Override public ValueStore open(Environment environment, Options options, Vfs vfs, String directory, boolean readOnly) {
    return new ValueLog(environment, VlogOptions.of(options), vfs, directory, readOnly);
  }
}
