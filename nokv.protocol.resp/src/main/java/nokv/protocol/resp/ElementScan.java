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
    Glob pattern = null;
    long count = 10;
    for (int i = 3; i < call.count(); i += 2) {
      if (i + 1 == call.count()) throw RedisError.SYNTAX;
      if (call.is(i, "COUNT")) {
        count = call.integer(i + 1);
        if (count < 1) throw RedisError.SYNTAX;
      } else if (call.is(i, "MATCH")) {
        pattern = new Glob(call.arg(i + 1));
      } else {
        throw RedisError.SYNTAX;
      }
    }
    call.keys.pin();
    var collection = Collection.find(call.keys, call.arg(1), type);
    byte[] start = cursor == 0 ? new byte[0] : call.server.scans().position(cursor);
    if (start == null && collection != null) throw RedisError.INVALID_CURSOR;
    var found = new ArrayList<byte[]>();
    byte[] rest = null;
    if (collection != null && start != null) {
      try (var walk = collection.walk(kind, KeyRange.from(start), Direction.FORWARD)) {
        for (long seen = 0; rest == null && walk.next(); seen++) {
          if (seen == count) rest = walk.element();
          else if (pattern == null || pattern.matches(walk.element())) take.accept(walk, found);
        }
      }
    }
    call.reply().array(2);
    call.reply().bulk(rest == null ? "0" : Long.toString(call.server.scans().number(rest)));
    call.reply().array(found.size());
    for (byte[] bytes : found) call.reply().bulk(bytes);
  }
}
