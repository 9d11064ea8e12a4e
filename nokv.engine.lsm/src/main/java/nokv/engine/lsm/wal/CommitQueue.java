package nokv.engine.lsm.wal;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.SlidingWindowReservoir;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import nokv.api.BusyException;
import nokv.api.ClosedException;
import nokv.api.DiskFullException;
import nokv.api.ReadOnlyException;
import nokv.spi.EngineBatch;
import nokv.spi.EngineLog;
import nokv.spi.Environment;
import nokv.spi.Timer;
import nokv.spi.ValueStore;
import org.jspecify.annotations.Nullable;

/*
 * How group commit works
 *
 * A writer publishes its commit with one CAS on `arrivals`. Whoever then finds nobody leading becomes the leader: it takes a group off the queue, prepares each batch, gives it a
 * sequence and stages it, hands all to the files in one write, syncs once, applies all to the memtable, and tells everybody. A lone writer is always its own leader, so nothing is
 * handed over and no future made. A thread that leads stops soon after its own commit is done and wakes one that waits, so that nobody works for others for ever; a writer that
 * must not block leaves the lead to a task on `environment.io()`.
 *
 * To lead is a flag, not a place in the queue: any waiting thread may take it, and what it does first is the oldest commit, whoever's it is. After giving the flag up the old leader
 * looks at the queue once more, and every writer tries the flag after publishing, so no commit is left without a leader. While the memtable is full, or writers are slowed down,
 * the flag stays taken with no thread behind it, until a task takes the group up again.
 *
 * Batches that their caller has logged need no log, so they do not wait for those who do. Whoever writes sequences and memtable holds `memtable`: the leader for the whole of a group with
 * batches in it, but not for one of a replicator's records alone, beside whose sync {@link #apply} goes on its own thread. Where that cannot be (a group of batches is under way, the
 * memtable is full, writers are slowed down), it queues with the rest.
 *
 * Invariants: sequences are given in queue order, before the log is written, so log order = sequence order; values are written before the record that points at them, and synced
 * before it is synced; a batch is visible only after the sync that covers it, where the policy asks for one; what fails for lack of space leaves no trace, neither in the files nor
 * in the sequences; any other failure poisons the log, and every later commit fails with its cause.
 *
 * Continuations of futures never run while leading, since they may write and wait.
 */

/** The queue through which every write enters the engine. Thread-safe. */
public final class CommitQueue implements AutoCloseable {
  /** A group takes no more commits once it has this many bytes. */
  private static final long GROUP_BYTES = 1 << 20;
  /** How long a waiting thread leads beyond its own commit. */
  private static final long LEAD_NANOS = 500_000;
  /** Delays shorter than this are saved up. */
  private static final long SHORTEST_DELAY_NANOS = 1_000_000;

  private final Environment environment;
  private final Wal wal;
  private final SyncPolicy policy;
  private final Duration interval;
  private final long maxQueuedBytes;
  private final CommitTarget target;
  private final GroupWriter writer;
  private final Histogram groupSizes;
  private final Counter stalls;

  /** Newest first. */
  private final AtomicReference<@Nullable Commit> arrivals = new AtomicReference<>();
  private final AtomicBoolean leading = new AtomicBoolean();
  private final ReentrantLock memtable = new ReentrantLock();
  /** A group with batches is under way, and holds {@link #memtable} as long as its sync takes. */
  private volatile boolean batches;
  private final AtomicLong queuedBytes = new AtomicLong();
  private volatile @Nullable Commit closing;
  private volatile boolean syncScheduled;
  private volatile Timer.@Nullable Cancellable nextSync;

  // The memtable's, under its lock.
  private boolean stopped;
  private double owedNanos;
  private long owedSince;

  // The leader's own, handed on by `leading`.
  /** Taken off the arrivals but not yet in a group; oldest first. */
  private @Nullable Commit pending;

  /**
   * @param appends held while values of a group are in the value store and may still be taken back; whoever else appends there, syncs or rewinds holds it too
   * @param interval between syncs, for {@link SyncPolicy#INTERVAL}
   * @param maxQueuedBytes what {@link #writeAsync}, {@link #apply} and {@link #append} may have in the queue together before they fail as busy
   * @param lastSequence the greatest given so far
   */
  public CommitQueue(Environment environment, Wal wal, ValueStore values, ReentrantLock appends, SyncPolicy policy, Duration interval, long maxQueuedBytes, long lastSequence,
      CommitTarget target) {
    this.environment = environment;
    this.wal = wal;
    this.policy = policy;
    this.interval = interval;
    this.maxQueuedBytes = maxQueuedBytes;
    this.target = target;
    this.writer = new GroupWriter(wal, values, appends, policy, target, lastSequence);
    this.groupSizes = environment.metrics().histogram("write.group_size", () -> new Histogram(new SlidingWindowReservoir(1024)));
    this.stalls = environment.metrics().counter("write.stalls");
    this.owedSince = environment.clock().nanos();
  }

  /**
   * Commits a batch and returns its sequence, when it is durable as the policy asks and visible. The calling thread does the work, also for others, or parks.
   *
   * @throws DiskFullException nothing was written
   * @throws ReadOnlyException the log failed
   */
  public long write(EngineBatch batch) {
    Commit commit = Commit.waiting(batch);
    await(commit);
    return commit.sequence;
  }

  /**
   * {@link #write} that neither parks the caller nor lets him wait for a device. Done on return if nobody else is writing and nothing has to be synced, which is no more than a copy to the page
   * cache; otherwise on another thread. Fails with {@link BusyException} where the queue is full.
   */
  public CompletionStage<Long> writeAsync(EngineBatch batch) {
    var future = new CompletableFuture<Long>();
    enqueueAsync(Commit.ofBatch(batch, true, future), future);
    return future;
  }

  /** Appends records, in order and adjacent, and syncs them whatever the policy. */
  public CompletionStage<List<EngineLog.Position>> append(List<EngineLog.Record> records) {
    var future = new CompletableFuture<List<EngineLog.Position>>();
    enqueueAsync(Commit.ofRecords(List.copyOf(records), future), future);
    return future;
  }

  /** Applies a batch that its caller has logged: prepared, sequenced and made visible, but not written to the log. Done on return unless it had to queue. */
  public CompletionStage<Long> apply(EngineBatch batch) {
    var future = new CompletableFuture<Long>();
    Commit commit = Commit.ofBatch(batch, false, future);
    if (!admit(commit, future)) return future;
    if (applied(commit)) {
      // Nothing can hang on the future yet.
      tell(List.of(commit));
    } else {
      push(commit);
      leadOnIo();
    }
    return future;
  }

  /** Applies a batch beside whoever leads; false where it has to queue. */
  private boolean applied(Commit commit) {
    if (batches) return false;
    memtable.lock();
    try {
      if (stopped || target.makeRoom(commit.bytes) != null || delayNanos(commit.bytes) != 0) return false;
      writer.apply(commit);
      groupSizes.update(1);
      return true;
    } catch (RuntimeException e) {
      // Of making room; the queue will meet it again.
      return false;
    } finally {
      memtable.unlock();
    }
  }

  /** Makes everything committed so far durable, whatever the policy. */
  public void sync() {
    await(Commit.waiting(null));
  }

  /** The greatest sequence given. */
  public long lastSequence() {
    return writer.lastSequence();
  }

  public long queuedBytes() {
    return queuedBytes.get();
  }

  /** Finishes and syncs what is queued; later commits fail with {@link ClosedException}. Stages that {@link CommitTarget#makeRoom} gave must be completed before or meanwhile. */
  @Override public void close() {
    if (closing != null) return;
    Commit last = Commit.waiting(null);
    closing = last;
    Timer.Cancellable sync = nextSync;
    if (sync != null) sync.cancel();
    push(last);
    waitFor(last);
  }

  private void await(Commit commit) {
    if (closing != null) throw closedException();
    push(commit);
    waitFor(commit);
    Throwable error = commit.error;
    switch (error) {
      case null -> {}
      // These are shared by all of a group or more, so each thread throws one of its own.
      case DiskFullException e -> throw new DiskFullException(String.valueOf(e.getMessage()), e);
      case ReadOnlyException e -> throw new ReadOnlyException(String.valueOf(e.getMessage()), e);
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(error);
    }
  }

  private void waitFor(Commit commit) {
    boolean interrupted = false;
    while (!commit.done) {
      if (leading.compareAndSet(false, true)) {
        lead(commit);
      } else {
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
    }
    if (interrupted) Thread.currentThread().interrupt();
  }

  private void enqueueAsync(Commit commit, CompletableFuture<?> future) {
    if (!admit(commit, future)) return;
    push(commit);
    if (!leading.compareAndSet(false, true)) return;
    if (pending == null && commit.next == null && writer.isBrief(commit) && arrivals.compareAndSet(commit, null)) {
      // Alone in the queue: nobody waits for a device, and nothing can hang on the future yet.
      List<Commit> told = done(commit);
      if (told == null) return;
      release();
      tell(told);
    } else {
      environment.io().execute(() -> lead(null));
    }
  }

  private boolean admit(Commit commit, CompletableFuture<?> future) {
    if (closing != null) {
      future.completeExceptionally(closedException());
      return false;
    }
    long queued = queuedBytes.get();
    if (queued > 0 && queued + commit.bytes > maxQueuedBytes) {
      future.completeExceptionally(new BusyException("the write queue holds " + queued + " bytes, " + commit.bytes + " more would pass its limit of " + maxQueuedBytes + "; try again"));
      return false;
    }
    return true;
  }

  private void push(Commit commit) {
    queuedBytes.addAndGet(commit.bytes);
    Commit top;
    do {
      top = arrivals.get();
      commit.next = top;
    } while (!arrivals.compareAndSet(top, commit));
  }

  private void leadOnIo() {
    if (leading.compareAndSet(false, true)) {
      environment.io().execute(() -> lead(null));
    }
  }

  /** Leads until the queue is empty, or where the thread has a commit of its own, until a little after that is done. */
  private void lead(@Nullable Commit own) {
    long start = own == null ? 0 : environment.clock().nanos();
    List<Commit> told = List.of();
    do {
      Commit group = take();
      if (group == null) break;
      // Not behind the next sync.
      tellOnIo(told);
      told = done(group);
      if (told == null) return;
    } while (own == null || !own.done || environment.clock().nanos() - start < LEAD_NANOS);
    release();
    if (own == null) tell(told);
    else tellOnIo(told);
  }

  /** Commits a group; returns whose futures are to be told, or null where it has to wait and the lead goes on elsewhere. */
  private @Nullable List<Commit> done(Commit group) {
    if (!group.withBatch() && !isLast(group)) {
      run(group);
      return finish(group);
    }
    batches = true;
    memtable.lock();
    try {
      if (stalled(group)) return null;
      run(group);
      return finish(group);
    } finally {
      batches = false;
      memtable.unlock();
    }
  }

  private boolean isLast(Commit group) {
    for (Commit c = group; c != null; c = c.next) if (c == closing) return true;
    return false;
  }

  /** Gives up the lead and sees to it that what is left in the queue finds a leader. */
  private void release() {
    Commit left = pending;
    leading.set(false);
    if (left == null) left = arrivals.get();
    if (left == null) return;
    if (left.waiter != null) LockSupport.unpark(left.waiter);
    else leadOnIo();
  }

  /** Takes the next group, linked by {@code next}, oldest first. */
  private @Nullable Commit take() {
    Commit first = null;
    Commit last = null;
    long bytes = 0;
    while (true) {
      if (pending == null) pending = reversed(arrivals.getAndSet(null));
      Commit commit = pending;
      if (commit == null || (first != null && bytes + commit.bytes > GROUP_BYTES)) return first;
      pending = commit.next;
      commit.next = null;
      bytes += commit.bytes;
      if (last == null) first = commit;
      else last.next = commit;
      last = commit;
    }
  }

  private static @Nullable Commit reversed(@Nullable Commit newest) {
    Commit oldest = null;
    while (newest != null) {
      Commit before = newest.next;
      newest.next = oldest;
      oldest = newest;
      newest = before;
    }
    return oldest;
  }

  /** Whether the group must wait; then it was put back, and a task will go on with the lead in this thread's place. */
  private boolean stalled(Commit group) {
    long bytes = 0;
    for (Commit c = group; c != null; c = c.next) if (c.batch != null) bytes += c.bytes;
    if (bytes == 0 || wal.failure() != null) return false;
    CompletionStage<?> room;
    try {
      room = target.makeRoom(bytes);
    } catch (RuntimeException e) {
      failAll(group, e);
      return false;
    }
    if (room != null) {
      putBack(group);
      room.whenComplete((ignored, error) -> environment.io().execute(() -> resume(error)));
      return true;
    }
    long delay = delayNanos(bytes);
    if (delay == 0) return false;
    putBack(group);
    environment.timer().schedule(Duration.ofNanos(delay), () -> environment.io().execute(() -> lead(null)));
    return true;
  }

  private void putBack(Commit group) {
    stalls.inc();
    Commit last = group;
    while (last.next != null) last = last.next;
    last.next = pending;
    pending = group;
  }

  private void resume(@Nullable Throwable error) {
    Commit group = error == null ? null : take();
    if (group != null && error != null) {
      failAll(group, error instanceof CompletionException e && e.getCause() != null ? e.getCause() : error);
      tellOnIo(finish(group));
    }
    lead(null);
  }

  /** What to wait before the next group. Each group's delay goes to an account that time pays off, and only once it is worth a wait is there one. */
  private long delayNanos(long bytes) {
    double perByte = target.delayNanosPerByte();
    if (perByte == 0 && owedNanos == 0) return 0;
    long now = environment.clock().nanos();
    owedNanos = Math.max(0, owedNanos - (now - owedSince));
    owedSince = now;
    if (owedNanos >= SHORTEST_DELAY_NANOS) return (long) owedNanos;
    owedNanos += perByte * bytes;
    return 0;
  }

  private static void failAll(Commit group, Throwable cause) {
    for (Commit c = group; c != null; c = c.next) c.fail(cause);
  }

  private void run(Commit group) {
    writer.run(group, stopped ? closedException() : null);
    if (policy == SyncPolicy.INTERVAL && wal.dirty() && wal.failure() == null && !syncScheduled) {
      syncScheduled = true;
      nextSync = environment.timer().schedule(interval, () -> {
        syncScheduled = false;
        push(Commit.sync());
        leadOnIo();
      });
    }
  }

  /** Lets the threads go on that wait for the group; returns the commits whose futures are to be told. */
  private List<Commit> finish(Commit group) {
    List<Commit> futures = List.of();
    int size = 0;
    Commit c = group;
    while (c != null) {
      Commit following = c.next;
      size++;
      queuedBytes.addAndGet(-c.bytes);
      if (c == closing) stopped = true;
      if (c.onDone != null) {
        if (futures.isEmpty()) futures = new ArrayList<>();
        futures.add(c);
      }
      c.done = true;
      if (c.waiter != null && c.waiter != Thread.currentThread()) LockSupport.unpark(c.waiter);
      c = following;
    }
    groupSizes.update(size);
    return futures;
  }

  private void tellOnIo(List<Commit> commits) {
    if (!commits.isEmpty()) environment.io().execute(() -> tell(commits));
  }

  private static void tell(List<Commit> commits) {
    for (Commit commit : commits) if (commit.onDone != null) commit.onDone.tell(commit);
  }

  private static ClosedException closedException() {
    return new ClosedException("the store was closed");
  }
}
