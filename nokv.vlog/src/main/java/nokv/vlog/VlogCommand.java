package nokv.vlog;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nokv.spi.Command;
import nokv.spi.Node;
import nokv.spi.NodeConfig;
import nokv.spi.ValueStore;

/** {@code vlog}: what a stopped node's value log holds. */
final class VlogCommand {
  private VlogCommand() {}

  static Command of(VlogProvider provider) {
    return Command.readOnly("vlog", "Lists the segments of the value log with their bytes and the bytes known to be garbage.", context -> run(provider, context));
  }

  private static Map<String, Object> run(VlogProvider provider, Command.Context context) {
    NodeConfig config = context.node();
    try (Node node = Node.assemble(config, context.environment(), context.plugins());
        ValueStore values = provider.open(context.environment(), config.options(provider), node.vfs(), config.directory(), true)) {
      return describe(values.segments());
    }
  }

  static Map<String, Object> describe(List<ValueStore.Segment> segments) {
    var rows = new ArrayList<Map<String, Object>>();
    long bytes = 0;
    long discarded = 0;
    for (ValueStore.Segment segment : segments) {
      var row = new LinkedHashMap<String, Object>();
      row.put("bucket", segment.bucket());
      row.put("segment", segment.segment());
      row.put("bytes", segment.bytes());
      row.put("discarded_bytes", segment.discardedBytes());
      row.put("sealed", segment.sealed());
      rows.add(row);
      bytes += segment.bytes();
      discarded += segment.discardedBytes();
    }
    var result = new LinkedHashMap<String, Object>();
    result.put("ok", true);
    result.put("bytes", bytes);
    result.put("discarded_bytes", discarded);
    result.put("segments", rows);
    return result;
  }
}
