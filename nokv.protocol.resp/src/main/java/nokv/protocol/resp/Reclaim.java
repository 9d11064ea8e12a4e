package nokv.protocol.resp;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nokv.api.ColumnFamily;
import nokv.api.ConflictException;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.KvStore;
import nokv.api.NoKVException;
import nokv.api.Transaction;
import nokv.api.WriteBatch;
import nokv.spi.Environment;
import nokv.spi.Timer;
import org.jspecify.annotations.Nullable;

/*
 * How elements that no key refers to are reclaimed
 *
 * A collection ends with its metadata record: it expires, a SET takes its place, it is deleted. Its elements carry the collection's element version in their keys, so nobody sees them any more; but
 * they are there. This walks all keys, a bounded number of steps at a time, and gives up whatever has another element version than the metadata record beside it: one range delete for each kind of
 * element, however many there are. The walk costs one step for each key and one seek for each kind of element of a key, never one for each element.
 *
 * Why it takes nothing that is alive: an element version is never used again, so elements that the record does not refer to at one moment are not referred to later, with one exception: a
 * transaction that began before the key expired may yet commit a new record with the old element version. So where there is no record, a deletion of it is committed first; such a
 * transaction then fails with a conflict, here or there.
 */
final class Reclaim {
  private static final int STEPS = 1000;
  private static final Duration BETWEEN_STEPS = Duration.ofSeconds(1);
  private static final Duration BETWEEN_PASSES = Duration.ofMinutes(1);

  /** Elements of one kind and version that nothing refers to. @param absent whether the key has no record */
  private record Garbage(byte[] metadataKey, boolean absent, KeyRange elements) {}

  private final KvStore store;
  private final Environment environment;
  private final RespFrontend server;
  /** Where the walk goes on; empty = at the beginning. For the one task that runs. */
  private byte[] position = {};
  private volatile boolean closed;
  private Timer.@Nullable Cancellable next;

  Reclaim(RespFrontend server, KvStore store, Environment environment) {
    this.server = server;
    this.store = store;
    this.environment = environment;
  }

  void start() {
    schedule(BETWEEN_STEPS);
  }

  private synchronized void schedule(Duration delay) {
    if (!closed) next = environment.timer().schedule(delay, this::run);
  }

  synchronized void close() {
    closed = true;
    if (next != null) next.cancel();
  }

  private void run() {
    boolean goesOn = false;
    try {
      goesOn = step();
    } catch (NoKVException e) {
      if (!closed) server.log().warn("elements of expired and overwritten collections were not reclaimed this time: {}", e.getMessage());
    }
    schedule(goesOn ? BETWEEN_STEPS : BETWEEN_PASSES);
  }

  /** Walks on for some steps; false = the end was reached, and the next step begins again. */
  synchronized boolean step() {
    var garbage = new ArrayList<Garbage>();
    position = walk(garbage);
    var deletions = new WriteBatch();
    for (Garbage each : garbage) if (!each.absent || staysAbsent(each.metadataKey)) deletions.deleteRange(ColumnFamily.REDIS, each.elements);
    if (!deletions.isEmpty()) store.write(deletions);
    server.figures().reclaimed.inc(deletions.size());
    return position.length > 0;
  }

  private byte[] walk(List<Garbage> garbage) {
    byte[] owner = {};
    boolean absent = true;
    long live = 0;
    try (Cursor cursor = store.scan(ColumnFamily.REDIS, KeyRange.from(position), Direction.FORWARD)) {
      for (int steps = 0; cursor.next(); steps++) {
        byte[] encoded = cursor.key();
        int terminator = RedisKey.terminator(encoded);
        byte[] metadataKey = RedisKey.metadataKey(encoded, terminator);
        boolean another = !Arrays.equals(metadataKey, owner);
        if (steps >= STEPS && another) return metadataKey;
        if (another) {
          owner = metadataKey;
          absent = true;
        }
        if (RedisKey.kind(encoded, terminator) == RedisKey.KIND_METADATA) {
          absent = false;
          byte[] record = cursor.value();
          live = Metadata.type(record) == Metadata.Type.STRING ? 0 : ByteBuffer.wrap(record).getLong(Metadata.ELEMENT_VERSION_OFFSET);
          continue;
        }
        KeyRange siblings = KeyRange.prefix(Arrays.copyOf(encoded, metadataKey.length + Long.BYTES));
        if (absent || ByteBuffer.wrap(encoded).getLong(metadataKey.length) != live) garbage.add(new Garbage(metadataKey, absent, siblings));
        byte[] behind = siblings.end();
        if (behind != null) cursor.seek(behind);
      }
    }
    return new byte[0];
  }

  /** Makes sure of it; false = somebody writes the key, look again next time. */
  private boolean staysAbsent(byte[] metadataKey) {
    try (Transaction transaction = store.begin()) {
      if (transaction.get(ColumnFamily.REDIS, metadataKey) != null) return false;
      transaction.delete(ColumnFamily.REDIS, metadataKey);
      transaction.commit();
      return true;
    } catch (ConflictException e) {
      return false;
    }
  }
}
