package nokv.raftstore.store;

import com.google.protobuf.UnsafeByteOperations;
import nokv.api.ColumnFamily;
import nokv.api.KeyRange;
import nokv.raftstore.net.Network;
import nokv.raftstore.proto.RaftMessage;
import nokv.raftstore.proto.SnapshotChunk;
import nokv.raftstore.proto.SnapshotEnd;
import nokv.raftstore.proto.SnapshotEntries;
import nokv.raftstore.proto.SnapshotEntry;
import nokv.raftstore.proto.SnapshotHeader;
import nokv.spi.EngineCursor;
import nokv.spi.StorageEngine;
import org.jspecify.annotations.Nullable;

/** A region's versions of all replicated families as of a pinned moment, in chunks of bounded size: the sending side of a snapshot. */
final class SnapshotStream implements Network.Chunks {
  private static final int CHUNK_BYTES = 256 << 10;
  private static final int LAST_FAMILY = 255;

  private final StorageEngine engine;
  private final StorageEngine.Pin pin;
  private final RegionState state;
  private final KeyRange range;
  private final RaftMessage message;
  private final long safePoint;
  private final Runnable onClose;
  private boolean begun;
  private boolean ended;
  private boolean closed;
  private int family;
  private @Nullable EngineCursor cursor;
  private long entries;

  /**
   * @param state of the region in the pinned view
   * @param message the InstallSnapshot it belongs to
   * @param safePoint of this store, read after the pin was taken
   */
  SnapshotStream(StorageEngine engine, StorageEngine.Pin pin, RegionState state, RaftMessage message, long safePoint, Runnable onClose) {
    this.engine = engine;
    this.pin = pin;
    this.state = state;
    this.message = message;
    this.safePoint = safePoint;
    this.onClose = onClose;
    range = RegionState.range(state.region());
  }

  @Override public @Nullable SnapshotChunk next() {
    if (!begun) {
      begun = true;
      var header = SnapshotHeader.newBuilder().setMessage(message).setRegion(state.region()).setIndex(state.appliedIndex()).setTerm(state.appliedTerm()).setSafePoint(safePoint);
      return SnapshotChunk.newBuilder().setHeader(header).build();
    }
    if (ended) return null;
    var chunk = SnapshotEntries.newBuilder();
    for (long bytes = 0; bytes < CHUNK_BYTES && advance(); entries++) {
      var entry = entry();
      bytes += entry.getSerializedSize();
      chunk.addEntries(entry);
    }
    if (chunk.getEntriesCount() > 0) return SnapshotChunk.newBuilder().setEntries(chunk).build();
    ended = true;
    return SnapshotChunk.newBuilder().setEnd(SnapshotEnd.newBuilder().setEntries(entries)).build();
  }

  private boolean advance() {
    while (family <= LAST_FAMILY) {
      if (cursor == null && family != ColumnFamily.LOCAL.id()) cursor = engine.versions(family, RegionState.inFamily(range, family), pin);
      if (cursor != null && cursor.next()) return true;
      closeCursor();
      family++;
    }
    return false;
  }

  private SnapshotEntry entry() {
    EngineCursor at = cursor;
    if (at == null) throw new IllegalStateException("no version to send");
    return SnapshotEntry.newBuilder().setFamily(family).setKey(UnsafeByteOperations.unsafeWrap(at.key())).setVersion(at.version()).setKind(at.kind().code())
        .setStartVersion(at.startTimestamp()).setExpiryMillis(at.expiryMillis()).setValue(UnsafeByteOperations.unsafeWrap(at.value())).build();
  }

  private void closeCursor() {
    if (cursor != null) cursor.close();
    cursor = null;
  }

  @Override public void close() {
    if (closed) return;
    closed = true;
    closeCursor();
    pin.close();
    onClose.run();
  }
}
