package nokv.engine.local;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import nokv.api.ConflictException;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.api.UnavailableException;
import nokv.spi.EngineBatch;
import nokv.spi.EngineCursor;
import nokv.spi.Kind;
import nokv.spi.Oracle;
import nokv.spi.StorageEngine;
import nokv.spi.Version;
import nokv.spi.txn.Stages;

/*
 * How versions are given and conflicts are found
 *
 * The engine calls `prepare` for one batch at a time, in the order of its log, and `visible` in the same order. So `prepare` is the one place where commits are ordered: it checks what
 * the transaction demands, takes a timestamp, and gives it to the batch. Versions grow with sequences, hence everything at or below `visible` is visible, and nothing that becomes
 * visible later is.
 *
 * Snapshots. A timestamp t is safe to read at if no commit at or below t becomes visible later. `visible` is safe. A fresh timestamp is better, since expiry is judged by it, and
 * safe if nothing was in flight when it was taken: `prepare` enters the batch in `inFlight`, then counts `started`, then asks the oracle; whoever sees the same count before and after
 * taking t, and nothing in flight, knows that every later commit asks the oracle after him and gets more.
 *
 * Conflicts. `lastCommit` holds, by hash of the key, the last version given to any key with that hash; `lastRangeDelete` and `lastWrite` the same by family. A slot at or below the
 * start of a transaction clears all its keys. A slot above it is a suspicion, settled exactly: by the batches in flight, then by the engine, in this order, since a batch leaves
 * `inFlight` only when the engine shows it. The table needs no record of open transactions, is never cleaned, and starts with the newest version of the store in every slot.
 *
 * Invariants: all but `started`, `visible` and `inFlight` belongs to whoever is in `prepare`; `started` is only changed there. A version below the caller's own (a managed commit) never
 * lowers anything. The oracle is not told of managed versions: a version is above the last one given even where the oracle's timestamp is not.
 */

/** Gives commits their versions and refuses those that conflict. */
final class Versions {
  private static final int SLOT_BITS = 16;
  /** What the tables take, for the memory budget. */
  static final long BYTES = ((1L << SLOT_BITS) + 2 * 256) * Long.BYTES;
  /** Small beside a memtable, so that a flush finds few versions that were replaced and must yet be kept. */
  private static final long ADVANCE_BYTES = 2 << 20;
  /** How often a commit may find the oracle without timestamps, each time after waiting for one, before it gives up. */
  private static final int ORACLE_ATTEMPTS = 8;

  /** The oracle has no timestamp now. */
  static final long NONE = -1;

  private final StorageEngine engine;
  private final Oracle oracle;
  private final long[] lastCommit = new long[1 << SLOT_BITS];
  private final long[] lastRangeDelete = new long[256];
  private final long[] lastWrite = new long[256];
  private final ConcurrentLinkedQueue<Commit> inFlight = new ConcurrentLinkedQueue<>();
  private volatile long started;
  private volatile long visible;
  private long lastGiven;
  private long written;
  /** Run once in {@link #ADVANCE_BYTES} written, by whoever leads the commits. */
  private Runnable onWritten = () -> {};

  /** The oracle has no timestamp now; the commit waits for one, outside of the engine's queue. */
  private static final class NoTimestamp extends RuntimeException {
    private static final long serialVersionUID = 1L;
    static final NoTimestamp INSTANCE = new NoTimestamp();

    private NoTimestamp() {
      super("the oracle has no timestamp now", null, false, false);
    }
  }

  /** To be set before the first commit; must be short and must not write. */
  void onWritten(Runnable action) {
    onWritten = action;
  }

  Versions(StorageEngine engine, Oracle oracle) {
    this.engine = engine;
    this.oracle = oracle;
    long newest = engine.maxVersion();
    Arrays.fill(lastCommit, newest);
    Arrays.fill(lastRangeDelete, newest);
    Arrays.fill(lastWrite, newest);
    visible = newest;
    lastGiven = newest;
  }

  /** Everything at or below it that will ever be there can be read. */
  long visible() {
    return visible;
  }

  /** A timestamp at which reads are repeatable and see all that was acknowledged before, 0 where that is nothing; or {@link #NONE}: wait for {@link #timestamp}. */
  long safe() {
    long shown = visible;
    long before = started;
    if (!inFlight.isEmpty()) return shown;
    long fresh = oracle.tryNext();
    if (fresh == 0) return NONE;
    return started == before ? Math.max(shown, fresh) : shown;
  }

  /** Completes when the oracle gives timestamps again. */
  CompletionStage<Long> timestamp() {
    return oracle.next();
  }

  /** Commits and returns the version. Blocks. */
  long commit(Commit commit) {
    for (int attempt = 0; attempt < ORACLE_ATTEMPTS; attempt++) {
      try {
        engine.write(commit);
        return commit.version();
      } catch (NoTimestamp e) {
        Stages.await(oracle.next());
        commit = commit.again();
      }
    }
    throw noTimestamps();
  }

  CompletionStage<Long> commitAsync(Commit commit) {
    var result = new CompletableFuture<Long>();
    commitAsync(commit, ORACLE_ATTEMPTS, result);
    return result;
  }

  private void commitAsync(Commit commit, int attempts, CompletableFuture<Long> result) {
    engine.writeAsync(commit).whenComplete((sequence, error) -> {
      if (error == null) {
        result.complete(commit.version());
      } else if (!(Stages.cause(error) instanceof NoTimestamp)) {
        result.completeExceptionally(Stages.cause(error));
      } else if (attempts == 0) {
        result.completeExceptionally(noTimestamps());
      } else {
        oracle.next().whenComplete((timestamp, failure) -> {
          if (failure == null) commitAsync(commit.again(), attempts - 1, result);
          else result.completeExceptionally(Stages.cause(failure));
        });
      }
    });
  }

  private static UnavailableException noTimestamps() {
    return new UnavailableException("the oracle gives no timestamps without waiting, which the local replicator needs; set plugins.oracle to local");
  }

  // Called through the commit by the engine, one at a time, in the order of sequences.

  @SuppressWarnings("NonAtomicOperationOnVolatileField") // only here, one at a time
  void prepare(Commit commit) {
    if (commit.condition != null) commit.condition.check(commit);
    inFlight.add(commit);
    started++;
    long version = commit.givenVersion;
    if (version == 0) {
      long next = oracle.tryNext();
      if (next == 0) {
        inFlight.remove(commit);
        throw NoTimestamp.INSTANCE;
      }
      version = Math.max(next, lastGiven + 1);
    }
    lastGiven = Math.max(lastGiven, version);
    commit.setVersion(version);
    record(commit.entries(), version);
  }

  private void record(List<EngineBatch.Entry> entries, long version) {
    for (int i = 0; i < entries.size(); i++) {
      EngineBatch.Entry entry = entries.get(i);
      int family = entry.family();
      if (entry.kind() == Kind.DELETE_RANGE) raise(lastRangeDelete, family, version);
      else raise(lastCommit, slot(family, entry.key()), version);
      raise(lastWrite, family, version);
    }
  }

  private static void raise(long[] table, int slot, long version) {
    if (version > table[slot]) table[slot] = version;
  }

  @SuppressWarnings("NonAtomicOperationOnVolatileField") // one at a time
  void visible(Commit commit) {
    if (commit.version() > visible) visible = commit.version();
    inFlight.remove(commit);
    written += commit.byteSize();
    if (written < ADVANCE_BYTES) return;
    written = 0;
    onWritten.run();
  }

  void failed(Commit commit) {
    inFlight.remove(commit);
  }

  /** Refuses a commit if the key has a version above {@code start}. For {@link Commit.Condition}s only. */
  void checkUnchanged(int family, byte[] key, long start) {
    if (lastCommit[slot(family, key)] <= start && lastRangeDelete[family] <= start) return;
    for (Commit other : inFlight) if (other.version() > start && other.touches(family, key)) throw conflict(family, key, other.version(), start);
    Version newest = engine.find(family, key, Timestamp.MAX);
    if (newest != null && newest.version() > start) throw conflict(family, key, newest.version(), start);
  }

  /** Refuses a commit if any key of the range has a version above {@code start}. For {@link Commit.Condition}s only. */
  void checkUnchanged(int family, KeyRange range, long start) {
    if (lastWrite[family] <= start) return;
    for (Commit other : inFlight) if (other.version() > start && other.touches(family, range)) throw conflict(family, range.start(), other.version(), start);
    try (EngineCursor cursor = engine.versions(family, range, null)) {
      while (cursor.next()) if (cursor.version() > start) throw conflict(family, cursor.key(), cursor.version(), start);
    }
  }

  private static ConflictException conflict(int family, byte[] key, long version, long start) {
    return new ConflictException("key " + shown(key) + " of column family " + family + " was changed at " + version + ", after the transaction's start at " + start + "; run it again");
  }

  private static String shown(byte[] key) {
    var text = new StringBuilder("0x");
    for (int i = 0; i < Math.min(key.length, 32); i++) text.append(Character.forDigit((key[i] >> 4) & 15, 16)).append(Character.forDigit(key[i] & 15, 16));
    return key.length > 32 ? text.append("… (").append(key.length).append(" bytes)").toString() : text.toString();
  }

  private static int slot(int family, byte[] key) {
    return ((Arrays.hashCode(key) * 31 + family) * 0x9E3779B1) >>> (32 - SLOT_BITS);
  }
}
