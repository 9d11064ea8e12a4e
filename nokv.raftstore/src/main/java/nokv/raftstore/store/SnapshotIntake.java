package nokv.raftstore.store;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.raftstore.net.Receiver;
import nokv.raftstore.proto.SnapshotChunk;
import nokv.raftstore.proto.SnapshotHeader;
import org.jspecify.annotations.Nullable;

/** Takes the chunks of one snapshot and lays them aside. Chunks come one at a time. */
final class SnapshotIntake implements Receiver.SnapshotSink {
  private final Store store;
  private @Nullable SnapshotHeader header;
  private @Nullable Staging staging;
  private long chunks;
  private long entries;
  private volatile boolean over;

  SnapshotIntake(Store store) {
    this.store = store;
  }

  @Override public CompletionStage<Void> chunk(SnapshotChunk chunk) {
    CompletionStage<Void> taken = switch (chunk.getPartCase()) {
      case HEADER -> begin(chunk.getHeader());
      case ENTRIES -> add(chunk);
      case END -> end(chunk.getEnd().getEntries());
      case PART_NOT_SET -> CompletableFuture.failedFuture(RegionErrors.busy("a part of a snapshot is of a kind that this build does not know"));
    };
    return taken.whenComplete((done, error) -> {
      if (error != null) forget();
    });
  }

  private CompletionStage<Void> begin(SnapshotHeader begun) {
    if (header != null) return outOfPlace();
    long region = begun.getRegion().getId();
    return store.admitSnapshot(begun).thenCompose(admitted -> {
      header = begun;
      staging = new Staging(store.environment(), store.engine(), region);
      return store.safePoint().raise(begun.getSafePoint());
    }).thenCompose(raised -> Objects.requireNonNull(staging).clear());
  }

  private CompletionStage<Void> add(SnapshotChunk chunk) {
    Staging aside = staging;
    if (aside == null || over) return outOfPlace();
    entries += chunk.getEntries().getEntriesCount();
    return aside.add(chunks++, chunk.getEntries());
  }

  private CompletionStage<Void> end(long expected) {
    SnapshotHeader begun = header;
    if (begun == null || over || expected != entries) return outOfPlace();
    return store.takeSnapshot(begun);
  }

  private static CompletionStage<Void> outOfPlace() {
    return CompletableFuture.failedFuture(RegionErrors.busy("a part of a snapshot is missing or out of place"));
  }

  @Override public void aborted() {
    forget();
  }

  /** What was laid aside is taken away by the next snapshot. */
  private void forget() {
    SnapshotHeader begun = header;
    if (over) return;
    over = true;
    if (begun != null) store.dropSnapshot(begun);
  }
}
