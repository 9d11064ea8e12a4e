package nokv.vlog;

import java.util.List;
import nokv.spi.Environment;
import nokv.spi.Option;
import nokv.spi.Options;
import nokv.spi.ValueStore;
import nokv.spi.ValueStoreProvider;
import nokv.spi.Vfs;

/**
 * {@code inline}: keeps every new value in the tree. Values that a store wrote to its value log before this was chosen stay readable there, and collection empties it. Takes the
 * options of the {@code vlog} block, so that one may change between the two by name alone; {@code threshold} has no effect.
 */
public final class InlineProvider implements ValueStoreProvider {
  @Override public String name() {
    return "inline";
  }

  @Override public String block() {
    return "vlog";
  }

  @Override public List<Option> options() {
    return VlogOptions.DECLARED;
  }

  @Override public ValueStore open(Environment environment, Options options, Vfs vfs, String directory, boolean readOnly) {
    return new ValueLog(environment, VlogOptions.of(options).inline(), vfs, directory, readOnly);
  }
}
