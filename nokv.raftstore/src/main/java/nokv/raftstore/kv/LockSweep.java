package nokv.raftstore.kv;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.UnavailableException;
import nokv.raftstore.client.Router;
import nokv.raftstore.key.RegionRange;
import nokv.raftstore.proto.LockInfo;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.ScanLocks;
import nokv.spi.Oracle;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/** Ends all locks of transactions that began before some version, region by region. Thread-safe; parks nobody. */
public final class LockSweep {
  private static final int PAGE = 256;

  private final Router router;
  private final LockResolver locks;

  public LockSweep(Router router, Oracle oracle) {
    this.router = router;
    locks = new LockResolver(router, oracle);
  }

  /** Completes when every region has been seen without such a lock, since this was called; fails where that cannot be had now. */
  public CompletionStage<@Nullable Void> below(long version) {
    return Stages.plain(from(new byte[0], version));
  }

  private CompletableFuture<@Nullable Void> from(byte[] key, long version) {
    var regions = router.sendEach(java.util.List.of(key), each -> each, (region, one) -> Request.newBuilder()
        .setScanLocks(ScanLocks.newBuilder().setStartKey(Wire.bytes(key)).setMaxVersion(version - 1).setLimit(PAGE)));
    return regions.thenCompose(answers -> {
      var answer = answers.getFirst();
      var found = answer.response().getScanLocks().getLocksList();
      byte[] end = RegionRange.end(answer.region().getEndKey());
      // A full page: what comes behind it shows when these are gone.
      byte[] next = found.size() == PAGE ? key : end;
      var ended = CompletableFuture.allOf(found.stream().map(this::end).toArray(CompletableFuture[]::new));
      return next == null ? ended.<@Nullable Void>thenApply(nothing -> null) : ended.thenCompose(nothing -> from(next, version));
    }).toCompletableFuture();
  }

  private CompletableFuture<@Nullable Void> end(LockInfo lock) {
    return locks.end(lock).<@Nullable Void>thenApply(gone -> {
      if (!gone) throw new UnavailableException("a lock of the transaction of " + lock.getStartVersion() + " cannot be resolved now");
      return null;
    }).toCompletableFuture();
  }
}
