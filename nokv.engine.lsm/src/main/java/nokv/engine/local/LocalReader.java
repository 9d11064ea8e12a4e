package nokv.engine.local;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import nokv.api.ColumnFamily;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.Entry;
import nokv.api.InvalidArgumentException;
import nokv.api.KeyRange;
import nokv.api.Reader;
import nokv.api.Timestamp;
import nokv.spi.Kind;
import nokv.spi.StorageEngine;
import nokv.spi.Version;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/** What the three readers have in common: the non-blocking forms run the blocking ones as I/O tasks, since only the engine knows whether a read has to wait for a file. */
abstract class LocalReader implements Reader {
  final StorageEngine engine;
  final Executor io;

  LocalReader(StorageEngine engine, Executor io) {
    this.engine = engine;
    this.io = io;
  }

  /** @throws nokv.api.NoKVException if nothing can be read here any more */
  abstract void check();

  @Override public CompletionStage<byte @Nullable []> getAsync(ColumnFamily family, byte[] key) {
    return Stages.on(io, () -> get(family, key));
  }

  @Override public CompletionStage<@Nullable Entry> getEntryAsync(ColumnFamily family, byte[] key) {
    return Stages.on(io, () -> getEntry(family, key));
  }

  @Override public CompletionStage<List<byte @Nullable []>> multiGetAsync(ColumnFamily family, List<byte[]> keys) {
    return Stages.on(io, () -> multiGet(family, keys));
  }

  @Override public CompletionStage<List<Entry>> scanAsync(ColumnFamily family, KeyRange range, Direction direction, int limit) {
    return Stages.on(io, () -> {
      if (limit < 0) throw new InvalidArgumentException("a scan of " + limit + " entries; the limit must be 0 or more");
      var entries = new ArrayList<Entry>(Math.min(limit, 256));
      try (Cursor cursor = scan(family, range, direction)) {
        while (entries.size() < limit && cursor.next()) entries.add(cursor.entry());
      }
      return entries;
    });
  }

  /** The live entry that a reader at {@code timestamp} sees, or null. */
  final @Nullable Entry entryAt(ColumnFamily family, byte[] key, long timestamp) {
    Version found = engine.find(family.id(), key, timestamp);
    // Locks and rollbacks are a cluster's; a directory that was part of one may hold some.
    while (found != null && (found.kind() == Kind.LOCK_ONLY || found.kind() == Kind.ROLLBACK)) found = engine.find(family.id(), key, found.version() - 1);
    if (found == null || found.kind() != Kind.PUT || Timestamp.expired(found.expiryMillis(), timestamp)) return null;
    return new Entry(found.key(), found.value(), found.version(), found.expiryMillis());
  }
}
