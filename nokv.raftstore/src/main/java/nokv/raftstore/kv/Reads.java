package nokv.raftstore.kv;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.Direction;
import nokv.api.Entry;
import nokv.api.KeyRange;
import nokv.raftstore.client.Router;
import nokv.raftstore.key.RegionRange;
import nokv.raftstore.proto.BatchGet;
import nokv.raftstore.proto.Get;
import nokv.raftstore.proto.KeyError;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Scan;
import nokv.raftstore.proto.ScanResult;
import nokv.spi.Environment;
import nokv.spi.txn.ReadSet;
import org.jspecify.annotations.Nullable;

/** Reads of the cluster at a version (0 = the newest committed state), past the locks of others. Thread-safe; parks nobody. */
final class Reads {
  private static final int PAGE_BYTES = 1 << 20;

  private final Router router;
  private final LockResolver locks;
  private final Environment environment;
  private final Duration lockWait;

  Reads(Router router, LockResolver locks, Environment environment, Duration lockWait) {
    this.router = router;
    this.locks = locks;
    this.environment = environment;
    this.lockWait = lockWait;
  }

  CompletionStage<@Nullable Entry> get(int family, byte[] key, long version) {
    return get(family, key, version, null);
  }

  private CompletionStage<@Nullable Entry> get(int family, byte[] key, long version, @Nullable Attempts attempts) {
    var request = Request.newBuilder().setGet(Get.newBuilder().setKey(Wire.key(family, key)).setVersion(version));
    return router.send(key, request).thenCompose(response -> {
      var result = response.getGet();
      if (!result.hasError()) return CompletableFuture.completedFuture(result.hasEntry() ? Wire.entry(result.getEntry()) : null);
      var tried = attempts == null ? attempts() : attempts;
      return passed(result.getError(), version, tried).thenCompose(nothing -> get(family, key, version, tried));
    });
  }

  /** In the order asked; null where there is none. */
  CompletionStage<List<@Nullable Entry>> multiGet(int family, List<byte[]> keys, long version) {
    var found = new HashMap<ByteBuffer, Entry>();
    return multiGet(family, keys, version, attempts(), found).thenApply(nothing -> {
      var entries = new ArrayList<@Nullable Entry>(keys.size());
      for (byte[] key : keys) entries.add(found.get(ByteBuffer.wrap(key)));
      return entries;
    });
  }

  private CompletionStage<@Nullable Void> multiGet(int family, List<byte[]> keys, long version, Attempts attempts, Map<ByteBuffer, Entry> found) {
    if (keys.isEmpty()) return CompletableFuture.completedFuture(null);
    return router.sendEach(keys, key -> key, (region, group) -> {
      var batch = BatchGet.newBuilder().setFamily(family).setVersion(version);
      for (byte[] key : group) batch.addKeys(Wire.bytes(key));
      return Request.newBuilder().setBatchGet(batch);
    }).thenCompose(answers -> {
      var again = new ArrayList<byte[]>();
      KeyError error = null;
      for (var answer : answers) {
        var result = answer.response().getBatchGet();
        if (result.hasError()) {
          error = result.getError();
          again.addAll(answer.items());
        } else {
          for (var entry : result.getEntriesList()) found.put(ByteBuffer.wrap(entry.getKey().toByteArray()), Wire.entry(entry));
        }
      }
      return error == null ? CompletableFuture.completedFuture(null) : passed(error, version, attempts).thenCompose(nothing -> multiGet(family, again, version, attempts, found));
    });
  }

  /** @param rest where to go on; null = the range is done */
  record Page(List<Entry> entries, @Nullable KeyRange rest) {}

  /** The next entries of a range, in its direction: those of one region at the most, perhaps none. */
  CompletionStage<Page> page(int family, KeyRange range, Direction direction, int limit, long version) {
    return range.isEmpty() ? CompletableFuture.completedFuture(new Page(List.of(), null)) : page(family, range, direction, limit, version, attempts());
  }

  private CompletionStage<Page> page(int family, KeyRange range, Direction direction, int limit, long version, Attempts attempts) {
    return entrance(range, direction).thenCompose(key -> router.sendEach(List.of(key), each -> each, (region, one) -> {
      KeyRange part = RegionRange.clip(range, region);
      var scan = Scan.newBuilder().setFamily(family).setStartKey(Wire.bytes(part.start())).setEndKey(Wire.end(part.end()))
          .setReverse(direction == Direction.REVERSE).setLimit(limit).setMaxBytes(PAGE_BYTES).setVersion(version);
      return Request.newBuilder().setScan(scan);
    })).thenCompose(answers -> {
      var answer = answers.getFirst();
      ScanResult result = answer.response().getScan();
      if (result.hasError()) return passed(result.getError(), version, attempts).thenCompose(nothing -> page(family, range, direction, limit, version, attempts));
      KeyRange part = RegionRange.clip(range, answer.region());
      // The region was split since, and this is its lower half.
      if (direction == Direction.REVERSE && !Arrays.equals(part.end(), range.end())) return page(family, range, direction, limit, version, attempts);
      var entries = new ArrayList<Entry>(result.getEntriesCount());
      for (var entry : result.getEntriesList()) entries.add(Wire.entry(entry));
      return CompletableFuture.completedFuture(new Page(entries, rest(range, part, direction, entries, result.getMore())));
    });
  }

  private static @Nullable KeyRange rest(KeyRange range, KeyRange part, Direction direction, List<Entry> entries, boolean more) {
    if (direction == Direction.FORWARD) {
      byte[] from = more && !entries.isEmpty() ? ReadSet.behind(entries.getLast().key()) : part.end();
      return from == null || isAtOrAbove(from, range.end()) ? null : new KeyRange(from, range.end());
    }
    byte[] to = more && !entries.isEmpty() ? entries.getLast().key() : part.start();
    return Arrays.compareUnsigned(to, range.start()) <= 0 ? null : new KeyRange(range.start(), to);
  }

  /** A key of the region where the walk begins: its first one in the range. Going backwards, that is the region before the range's end, which no key of the range names. */
  private CompletionStage<byte[]> entrance(KeyRange range, Direction direction) {
    return direction == Direction.FORWARD ? CompletableFuture.completedFuture(range.start()) : lastPart(range.start(), range.end());
  }

  private CompletionStage<byte[]> lastPart(byte[] from, byte @Nullable [] end) {
    return router.region(from).thenCompose(region -> {
      byte[] next = RegionRange.end(region.getEndKey());
      return next == null || isAtOrAbove(next, end) ? CompletableFuture.completedFuture(from) : lastPart(next, end);
    });
  }

  static boolean isAtOrAbove(byte[] key, byte @Nullable [] end) {
    return end != null && Arrays.compareUnsigned(key, end) >= 0;
  }

  /** Completes when it is worth trying again. */
  private CompletionStage<@Nullable Void> passed(KeyError error, long version, Attempts attempts) {
    if (!error.hasLocked()) return CompletableFuture.failedFuture(Wire.failure(error));
    return locks.resolve(error.getLocked(), version).thenCompose(gone -> gone ? CompletableFuture.completedFuture(null) : attempts.pause(error));
  }

  private Attempts attempts() {
    return new Attempts(environment, lockWait);
  }
}
