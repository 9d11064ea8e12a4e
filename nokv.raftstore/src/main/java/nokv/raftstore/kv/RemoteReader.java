package nokv.raftstore.kv;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import nokv.api.ColumnFamily;
import nokv.api.Direction;
import nokv.api.Entry;
import nokv.api.InvalidArgumentException;
import nokv.api.KeyRange;
import nokv.api.Reader;
import nokv.spi.txn.Limits;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/** What the three readers have in common: everything is a conversation with stores, and the blocking forms wait for it. */
abstract class RemoteReader implements Reader {
  final Reads reads;

  RemoteReader(Reads reads) {
    this.reads = reads;
  }

  /** @throws nokv.api.NoKVException if nothing can be read here any more */
  abstract void check();

  /** At which version a single key is read; 0 = the newest. */
  abstract long pointVersion();

  /** Reads several keys at one version, which is kept as long as that takes. */
  abstract <T> CompletionStage<T> atVersion(LongFunction<CompletionStage<T>> work);

  @Override public byte @Nullable [] get(ColumnFamily family, byte[] key) {
    return Stages.await(getAsync(family, key));
  }

  @Override public @Nullable Entry getEntry(ColumnFamily family, byte[] key) {
    return Stages.await(getEntryAsync(family, key));
  }

  @Override public List<byte @Nullable []> multiGet(ColumnFamily family, List<byte[]> keys) {
    return Stages.await(multiGetAsync(family, keys));
  }

  @Override public CompletionStage<byte @Nullable []> getAsync(ColumnFamily family, byte[] key) {
    return getEntryAsync(family, key).thenApply(entry -> entry == null ? null : entry.value());
  }

  @Override public CompletionStage<@Nullable Entry> getEntryAsync(ColumnFamily family, byte[] key) {
    return checked(() -> {
      Limits.checkKey(key);
      return reads.get(family.id(), key, pointVersion());
    });
  }

  @Override public CompletionStage<List<byte @Nullable []>> multiGetAsync(ColumnFamily family, List<byte[]> keys) {
    return checked(() -> {
      keys.forEach(Limits::checkKey);
      return atVersion(version -> reads.multiGet(family.id(), keys, version)).thenApply(entries -> {
        var values = new ArrayList<byte @Nullable []>(entries.size());
        for (Entry entry : entries) values.add(entry == null ? null : entry.value());
        return values;
      });
    });
  }

  @Override public CompletionStage<List<Entry>> scanAsync(ColumnFamily family, KeyRange range, Direction direction, int limit) {
    return checked(() -> {
      Limits.checkRange(range);
      if (limit < 0) throw new InvalidArgumentException("a scan of " + limit + " entries; the limit must be 0 or more");
      return atVersion(version -> gather(family.id(), range, direction, limit, version, new ArrayList<>()));
    });
  }

  private CompletionStage<List<Entry>> gather(int family, KeyRange range, Direction direction, int limit, long version, List<Entry> entries) {
    if (entries.size() >= limit) return CompletableFuture.completedFuture(entries);
    return reads.page(family, range, direction, limit - entries.size(), version).thenCompose(page -> {
      entries.addAll(page.entries());
      KeyRange rest = page.rest();
      return rest == null ? CompletableFuture.completedFuture(entries) : gather(family, rest, direction, limit, version, entries);
    });
  }

  /** Work that begins with {@link #check}; what is thrown at once fails the stage, and stages fail with the exception itself. */
  final <T extends @Nullable Object> CompletionStage<T> checked(Supplier<CompletionStage<T>> work) {
    try {
      check();
      return Stages.plain(work.get());
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
