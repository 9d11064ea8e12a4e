package nokv.engine.local;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import nokv.api.ConfigException;
import nokv.api.Timestamp;
import nokv.spi.Environment;
import nokv.spi.NodeConfig;
import nokv.spi.Option;
import nokv.spi.Options;
import nokv.spi.Replicator;
import nokv.spi.ReplicatorProvider;
import nokv.spi.StorageEngine;
import nokv.spi.txn.Stages;

/** The replicator {@code local}: the transactional store of one process over its engine. */
public final class LocalReplicatorProvider implements ReplicatorProvider {
  /** Metadata: for how many milliseconds versions have been kept, 8 bytes little-endian, since the store was last opened with more or less. */
  private static final String KEPT = "txn.keep_versions";

  @Override public String name() {
    return "local";
  }

  @Override public String block() {
    return "txn";
  }

  @Override public List<Option> options() {
    return List.of(
        Option.of("max_transaction_size", Option.Type.SIZE, "64MiB",
            "Bytes that the writes of one transaction, with the keys it has read where it is serializable, or one batch of several writes may take; they are held in memory until commit."),
        Option.of("max_snapshot_age", Option.Type.DURATION, "24h",
            "How long a snapshot or transaction may stay open before it is ended, since it keeps old versions from being dropped; 0s = for ever."),
        Option.of("keep_versions", Option.Type.DURATION, "0s",
            "How long a version stays readable by getAt after it was replaced. Longer takes more space; what a shorter setting has let go does not come back."));
  }

  @Override public Replicator open(Environment environment, Options options, NodeConfig config, Supplier<StorageEngine> engine) {
    long maxTransactionBytes = options.size("max_transaction_size");
    if (maxTransactionBytes < 1024) throw new ConfigException(config.source() + ": txn.max_transaction_size is " + maxTransactionBytes + ", expected 1KiB or more");
    Duration keep = options.duration("keep_versions");
    StorageEngine opened = engine.get();
    long retained = retainedAtOpen(opened, keep, environment.clock().millis(), config.readOnly());
    var settings = new LocalStore.Settings(maxTransactionBytes, options.duration("max_snapshot_age"), keep, retained, config.readOnly());
    return new LocalReplicator(environment, opened, settings);
  }

  /** Below what version old ones may have been dropped while the store was open before: what was allowed then is not stored, so it is worked out from the setting that was. */
  private static long retainedAtOpen(StorageEngine engine, Duration keep, long now, boolean readOnly) {
    byte[] stored = engine.metadata(KEPT);
    long kept = stored == null ? 0 : ByteBuffer.wrap(stored).order(ByteOrder.LITTLE_ENDIAN).getLong();
    // Opened read-only, it drops nothing: only what was allowed before counts.
    long keepMillis = readOnly ? kept : keep.toMillis();
    if (kept != keepMillis) {
      byte[] value = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(keepMillis).array();
      Stages.await(engine.putMetadata(KEPT, keepMillis == 0 ? null : value));
    }
    long horizon = Math.min(kept, keepMillis) == 0 ? Long.MAX_VALUE : Timestamp.of(Math.max(0, now - Math.min(kept, keepMillis)), 0);
    return Math.min(engine.maxVersion(), horizon);
  }
}
