package nokv.engine.lsm.wal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import nokv.api.DiskFullException;
import nokv.api.ReadOnlyException;
import nokv.api.TransactionTooLargeException;
import nokv.spi.EngineBatch;
import nokv.spi.EngineLog;
import nokv.spi.Kind;
import nokv.spi.ValuePointer;
import nokv.spi.ValueStore;
import nokv.spi.VfsException;
import org.jspecify.annotations.Nullable;

/**
 * What {@link CommitQueue} does with a group: value log, log, memtable, in this order. Used by the leader, one thread at a time, but for {@link #apply}, which whoever holds the memtable may call
 * beside a group without batches: the two have nothing in common but the log's failure.
 */
final class GroupWriter {
  /** Larger batches are refused: a batch is one record, and it is held in memory twice while it is written. */
  static final long MAX_BATCH_BYTES = 512L << 20;

  private final Wal wal;
  private final ValueStore values;
  private final ReentrantLock appends;
  private final SyncPolicy policy;
  private final CommitTarget target;
  private final int threshold;
  private volatile long lastSequence;
  /** Values were appended since their last sync. */
  private boolean valuesDirty;
  /** Where the values of the present group begin; null = it has none. While there is one, {@link #appends} is held, so that to rewind takes back nobody else's. */
  private ValueStore.@Nullable Mark mark;

  GroupWriter(Wal wal, ValueStore values, ReentrantLock appends, SyncPolicy policy, CommitTarget target, long lastSequence) {
    this.wal = wal;
    this.values = values;
    this.appends = appends;
    this.policy = policy;
    this.target = target;
    this.threshold = values.thresholdBytes();
    this.lastSequence = lastSequence;
  }

  long lastSequence() {
    return lastSequence;
  }

  /** Whether a commit, alone in its group, takes no more than a copy to the page cache: nothing is synced, no value of it lies elsewhere, no segment is full. For the leader. */
  boolean isBrief(Commit commit) {
    if (policy == SyncPolicy.ALWAYS || commit.batch == null || wal.full(commit.bytes)) return false;
    if (threshold == Integer.MAX_VALUE) return true;
    for (EngineBatch.Entry entry : commit.batch.entries()) if (entry.value().length >= threshold) return false;
    return true;
  }

  /** Commits a group; afterwards each commit has its result or its error. Never throws. @param refusal fails all of it, if not null */
  void run(Commit group, @Nullable RuntimeException refusal) {
    long sequenceBefore = lastSequence;
    try {
      if (refusal != null) throw refusal;
      ReadOnlyException failure = wal.failure();
      if (failure != null) throw failure;
      rotate(group);
      for (Commit c = group; c != null; c = c.next) stage(c);
      store(group);
    } catch (RuntimeException | Error e) {
      if (group.withBatch()) lastSequence = sequenceBefore;
      fail(group, refusal != null ? refusal : undo(e));
    } finally {
      keepValues();
    }
    show(group);
  }

  /** Commits a batch that its caller has logged. Never throws. */
  void apply(Commit commit) {
    ReadOnlyException failure = wal.failure();
    if (failure != null) {
      commit.fail(failure);
      return;
    }
    stage(commit);
    show(commit);
  }

  private void rotate(Commit group) {
    long bytes = 0;
    for (Commit c = group; c != null; c = c.next) if (c.logged) bytes += c.bytes;
    if (!wal.full(bytes)) return;
    syncValues();
    wal.rotate();
  }

  private void stage(Commit commit) {
    if (commit.error != null) return;
    if (commit.batch != null) {
      stageBatch(commit, commit.batch);
    } else if (!commit.records.isEmpty()) {
      commit.positions = stageRecords(commit.records);
    }
  }

  private void stageBatch(Commit commit, EngineBatch batch) {
    try {
      if (batch.byteSize() > MAX_BATCH_BYTES) throw new TransactionTooLargeException("a batch of " + batch.byteSize() + " bytes; the limit is " + MAX_BATCH_BYTES);
      batch.runPrepare();
    } catch (RuntimeException | Error e) {
      commit.fail(e);
      return;
    }
    commit.prepared = true;
    commit.sequence = ++lastSequence;
    if (!commit.logged) return;
    commit.pointers = separateValues(batch);
    commit.position = wal.position();
    BatchRecord.encode(batch, commit.pointers, commit.sequence, wal.stage(BatchRecord.TYPE, Math.toIntExact(BatchRecord.encodedBytes(batch, commit.pointers))));
  }

  /** Appends the values that belong there to the value store; returns their pointers by entry, or null where there are none. */
  private @Nullable ValuePointer @Nullable [] separateValues(EngineBatch batch) {
    if (threshold == Integer.MAX_VALUE) return null;
    @Nullable ValuePointer[] pointers = null;
    List<EngineBatch.Entry> entries = batch.entries();
    for (int i = 0; i < entries.size(); i++) {
      EngineBatch.Entry entry = entries.get(i);
      if (entry.value().length < threshold || entry.kind() != Kind.PUT) continue;
      if (pointers == null) pointers = new ValuePointer[entries.size()];
      if (mark == null) {
        appends.lock();
        mark = values.mark();
      }
      valuesDirty = true;
      pointers[i] = values.append(entry.family(), entry.key(), entry.value(), target.temperature(entry.family(), entry.key()));
    }
    return pointers;
  }

  private List<EngineLog.Position> stageRecords(List<EngineLog.Record> records) {
    var positions = new ArrayList<EngineLog.Position>(records.size());
    for (EngineLog.Record record : records) {
      positions.add(wal.position());
      MemorySegment.copy(record.payload(), 0, wal.stage(record.type(), record.payload().length), ValueLayout.JAVA_BYTE, 0, record.payload().length);
    }
    return positions;
  }

  private void store(Commit group) {
    boolean sync = false;
    for (Commit c = group; c != null; c = c.next) sync |= c.error == null && c.logged && (policy == SyncPolicy.ALWAYS || c.mustSync());
    // Apart from the sync, since lack of space is no failed sync.
    if (mark != null) values.write();
    if (sync) syncValues();
    wal.write();
    keepValues();
    if (sync) wal.sync();
  }

  private void keepValues() {
    if (mark == null) return;
    mark = null;
    appends.unlock();
  }

  private void syncValues() {
    if (!valuesDirty) return;
    appends.lock();
    try {
      values.sync();
    } catch (RuntimeException e) {
      throw wal.fail("sync of the value log failed", e);
    } finally {
      appends.unlock();
    }
    valuesDirty = false;
  }

  /** Takes back what the group left in the files, and says what its writers are told. */
  private Throwable undo(Throwable cause) {
    ReadOnlyException failure = wal.failure();
    if (failure != null) return failure;
    boolean full = cause instanceof DiskFullException || (cause instanceof VfsException e && e.kind() == VfsException.Cause.NO_SPACE);
    if ((cause instanceof VfsException && !full) || cause instanceof ReadOnlyException) return wal.fail("writing the value log failed", cause);
    try {
      if (mark != null) values.rewind(mark);
      if (wal.torn()) syncValues();
      wal.rewind();
    } catch (RuntimeException e) {
      return wal.fail("taking back a failed write failed", e);
    }
    return cause instanceof VfsException e ? new DiskFullException("no space for values. Free some; writes then resume. " + e.getMessage(), e) : cause;
  }

  /** Fails a group. Batches that need no log go on, unless nothing does, with the sequences that are now theirs. */
  private void fail(Commit group, Throwable cause) {
    boolean all = !(cause instanceof DiskFullException);
    for (Commit c = group; c != null; c = c.next) {
      if (all || c.logged || !c.prepared) c.fail(cause);
      else c.sequence = ++lastSequence;
    }
  }

  private void show(Commit group) {
    try {
      insert(group);
    } catch (RuntimeException | Error e) {
      // The log has what the memtable has not.
      ReadOnlyException failure = wal.fail("applying a logged batch failed", e);
      for (Commit c = group; c != null; c = c.next) c.fail(failure);
    }
  }

  private void insert(Commit group) {
    boolean any = false;
    for (Commit c = group; c != null; c = c.next) {
      if (c.error != null || c.batch == null) continue;
      any = true;
      target.apply(c.batch, c.pointers, c.sequence, c.position);
    }
    if (!any) return;
    target.publish(lastSequence);
    for (Commit c = group; c != null; c = c.next) {
      if (c.error == null && c.batch != null) c.batch.runVisible(c.sequence);
    }
  }
}
