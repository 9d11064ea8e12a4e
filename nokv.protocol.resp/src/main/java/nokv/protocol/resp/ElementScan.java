package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.protocol.resp.Metadata.Type;

/** HSCAN, SSCAN, ZSCAN: a page of elements in byte order. The cursor's position is that of an element. */
final class ElementScan {
  private ElementScan() {}

  /** @param take adds what the reply shows of an element */
  static void run(Call call, Type type, byte kind, BiConsumer<Collection.Walk, List<byte[]>> take) {
    long cursor = KeyCommands.cursor(call.arg(2));
    var options = ScanOptions.parse(call, 3, false);
    call.keys.pin();
    var collection = Collection.find(call.keys, call.arg(1), type);
    byte[] start = cursor == 0 ? new byte[0] : call.server.scans().position(cursor);
    if (start == null && collection != null) throw RedisError.INVALID_CURSOR;
    var found = new ArrayList<byte[]>();
    byte[] rest = null;
    if (collection != null && start != null) {
      try (var walk = collection.walk(kind, KeyRange.from(start), Direction.FORWARD)) {
        for (long seen = 0; rest == null && walk.next(); seen++) {
          if (seen == options.count()) rest = walk.element();
          else if (options.matches(walk.element())) take.accept(walk, found);
        }
      }
    }
    ScanOptions.reply(call, rest, found);
  }
}
