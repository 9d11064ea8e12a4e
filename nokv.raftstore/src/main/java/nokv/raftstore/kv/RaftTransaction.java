package nokv.raftstore.kv;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongFunction;
import nokv.api.ClosedException;
import nokv.api.ColumnFamily;
import nokv.api.ConflictException;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.Entry;
import nokv.api.InvalidArgumentException;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.api.Transaction;
import nokv.api.TransactionOptions;
import nokv.raftstore.proto.Mutation;
import nokv.spi.txn.FamilyKey;
import nokv.spi.txn.Footprint;
import nokv.spi.txn.Limits;
import nokv.spi.txn.ReadSet;
import nokv.spi.txn.Stages;
import nokv.spi.txn.TransactionCursor;
import nokv.spi.txn.WriteSet;
import org.jspecify.annotations.Nullable;

/** A transaction over regions: a read timestamp, the writes waiting for commit, and, serializable, what was read. {@link Committer} ends it. */
final class RaftTransaction extends RemoteReader implements Transaction {
  private final RaftStore store;
  private final long start;
  private final TransactionOptions options;
  private final Footprint footprint;
  private final WriteSet writes;
  private final Pins.Pin pin;
  private final AtomicBoolean over = new AtomicBoolean();

  RaftTransaction(RaftStore store, long start, TransactionOptions options, Pins.Pin pin) {
    super(store.reads);
    this.store = store;
    this.start = start;
    this.options = options;
    this.pin = pin;
    footprint = new Footprint(options, store.maxTransactionBytes);
    writes = footprint.writes();
  }

  @Override public long startTimestamp() {
    return start;
  }

  @Override long pointVersion() {
    return start;
  }

  @Override <T> CompletionStage<T> atVersion(LongFunction<CompletionStage<T>> work) {
    return work.apply(start);
  }

  @Override void check() {
    store.check();
    if (over.get()) throw new ClosedException("the transaction is over; begin another");
  }

  // Reads. Of an entry that this transaction has written, the version is 0: it has none yet.

  @Override public CompletionStage<@Nullable Entry> getEntryAsync(ColumnFamily family, byte[] key) {
    return checked(() -> {
      footprint.read(family.id(), key);
      WriteSet.Write own = writes.get(family.id(), key);
      return own == null ? reads.get(family.id(), key, start) : CompletableFuture.completedFuture(own(key, own));
    });
  }

  private @Nullable Entry own(byte[] key, WriteSet.Write write) {
    byte[] value = write.value();
    return value == null || Timestamp.expired(write.expiryMillis(), start) ? null : new Entry(key.clone(), value.clone(), 0, write.expiryMillis());
  }

  @Override public CompletionStage<List<byte @Nullable []>> multiGetAsync(ColumnFamily family, List<byte[]> keys) {
    return checked(() -> {
      var values = new ArrayList<byte @Nullable []>(keys.size());
      var foreign = new ArrayList<byte[]>();
      var places = new ArrayList<Integer>();
      for (byte[] key : keys) {
        footprint.read(family.id(), key);
        WriteSet.Write own = writes.get(family.id(), key);
        Entry entry = own == null ? null : own(key, own);
        values.add(entry == null ? null : entry.value());
        if (own != null) continue;
        places.add(values.size() - 1);
        foreign.add(key);
      }
      return reads.multiGet(family.id(), foreign, start).thenApply(entries -> {
        for (int i = 0; i < entries.size(); i++) {
          Entry entry = entries.get(i);
          values.set(places.get(i), entry == null ? null : entry.value());
        }
        return values;
      });
    });
  }

  @Override public Cursor scan(ColumnFamily family, KeyRange range, Direction direction) {
    check();
    Limits.checkRange(range);
    var stored = new PagedCursor(this, family.id(), range, direction, start, () -> {});
    ReadSet readSet = footprint.reads();
    if (writes.isEmpty() && readSet == null) return stored;
    footprint.scan();
    return new TransactionCursor(stored, writes, this::check, start, family.id(), range, direction, readSet);
  }

  @Override public CompletionStage<List<Entry>> scanAsync(ColumnFamily family, KeyRange range, Direction direction, int limit) {
    if (writes.isEmpty() && footprint.reads() == null) return super.scanAsync(family, range, direction, limit);
    return Stages.on(store.environment.io(), () -> {
      var entries = new ArrayList<Entry>();
      try (Cursor cursor = scan(family, range, direction)) {
        while (entries.size() < limit && cursor.next()) entries.add(cursor.entry());
      }
      return entries;
    });
  }

  // Writes

  @Override public void put(ColumnFamily family, byte[] key, byte[] value, long expiryMillis) {
    check();
    footprint.put(family.id(), key, value, expiryMillis);
  }

  @Override public void delete(ColumnFamily family, byte[] key) {
    check();
    footprint.delete(family.id(), key);
  }

  // The end

  @Override public long commit() {
    return Stages.await(commitAsync());
  }

  @Override public CompletionStage<Long> commitAsync() {
    return checked(() -> {
      if (options.managed()) throw new InvalidArgumentException("a transaction whose start version the caller gave ends with commitAt");
      return end(0);
    });
  }

  @Override public CompletionStage<Long> commitAt(long commitVersion) {
    return checked(() -> {
      if (!options.managed()) throw new InvalidArgumentException("commitAt ends a transaction whose start version the caller gave; this one ends with commit");
      if (commitVersion <= start) throw new InvalidArgumentException("commit version " + commitVersion + "; it must be above the start version " + start);
      return end(commitVersion);
    });
  }

  private CompletionStage<Long> end(long givenVersion) {
    over.set(true);
    return committed(givenVersion).whenComplete((version, error) -> pin.release());
  }

  private CompletionStage<Long> committed(long givenVersion) {
    if (writes.isEmpty()) return CompletableFuture.completedFuture(start);
    var mutations = new ArrayList<Mutation>(writes.size());
    writes.all().forEach((key, write) -> mutations.add(mutation(key, write)));
    ReadSet readSet = footprint.reads();
    Committer.Validation validation = readSet == null || readsOnlyWhatItWrites(readSet) ? null : store.validation(readSet, start);
    return new Committer(store.coordination, mutations, start, validation == null && givenVersion == 0, false).commit(validation, givenVersion).whenComplete((version, error) -> {
      if (error == null) store.committed.inc();
      else if (Stages.cause(error) instanceof ConflictException) store.conflicts.inc();
    });
  }

  private static Mutation mutation(FamilyKey key, WriteSet.Write write) {
    byte[] value = write.value();
    var mutation = Mutation.newBuilder().setKey(Wire.key(key));
    return value == null ? mutation.setOp(Mutation.Op.DELETE).build()
        : mutation.setOp(Mutation.Op.PUT).setValue(Wire.bytes(value)).setExpiryMillis(write.expiryMillis()).build();
  }

  /** Then the conflict check of the writes covers the reads. */
  private boolean readsOnlyWhatItWrites(ReadSet read) {
    if (read.ranges().stream().anyMatch(passed -> passed.range() != null)) return false;
    for (FamilyKey key : read.keys()) if (writes.get(key.family(), key.key()) == null) return false;
    return true;
  }

  @Override public void rollback() {
    if (over.compareAndSet(false, true)) pin.release();
    writes.clear();
  }
}
