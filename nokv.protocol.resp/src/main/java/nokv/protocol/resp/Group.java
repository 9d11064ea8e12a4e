package nokv.protocol.resp;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.BusyException;
import nokv.api.ConflictException;
import nokv.api.KvStore;
import nokv.api.NoKVException;
import nokv.api.OutcomeUnknownException;
import nokv.api.Transaction;
import nokv.api.TransactionOptions;
import nokv.api.WriteBatch;
import nokv.spi.Environment;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/*
 * How a group of requests becomes one write
 *
 * A group of blind writes (SET, MSET) is one write batch. As soon as one command reads, the group is one transaction, in which each command sees the writes of those before it: sixteen
 * INCRs of one key are one write. After a conflict nothing has happened, and the group is executed again from the beginning: commands depend only on their request and the store, and
 * replies are taken back. Any other refusal (disk full, too large) is settled by executing the requests one by one, so that each gets its own answer. An outcome unknown is reported to all,
 * and nothing is tried again.
 *
 * The transaction is serializable if a command writes by what it read in other keys. On a shared store it also is where the group concerns more than one key: two groups that each write one
 * key and read the other's would otherwise both see the old state, which no order of their commands explains. With one key a conflict is a conflict on that key.
 *
 * A group is begun and settled: in between it is being committed, and whoever executes groups may do other things, but begin no other. {@link #execute} is both, with a wait in between and
 * everything that is to be tried again; who must not wait begins a group himself and leaves to it those that fail.
 *
 * Whoever waits for a key that a command has written is served right behind this command, in the same transaction: see {@link Blocked}.
 *
 * A defect, an Error included, is the reply of the command that has it: a thread that died would hold up connections.
 */
final class Group {
  private static final CompletionStage<Long> NOTHING_WRITTEN = CompletableFuture.completedStage(0L);
  /** Conflicts after which a group is no longer tried as one. */
  private static final int GROUP_CONFLICTS = 3;
  /** Conflicts after which a single request is given up. */
  private static final int REQUEST_CONFLICTS = 100;
  private static final long FIRST_PAUSE_MICROS = 200;
  private static final long LONGEST_PAUSE_MICROS = 20_000;

  /** Requests {@code from} … {@code to} of a unit; once executed, {@code to} is where it came to. */
  static final class Slice {
    final Unit unit;
    final int from;
    final int end;
    /** Where its replies begin. */
    private final int mark;
    int to;
    /** Set if request {@code to} waits now. */
    Blocked.@Nullable Waiter waiter;

    Slice(Unit unit, int from, int end) {
      this.unit = unit;
      this.from = from;
      this.end = end;
      this.mark = unit.reply.mark();
      this.to = end;
    }
  }

  private final RespFrontend server;
  private final Environment environment;
  private final KvStore store;
  private final Keyspace keys;
  private final Blocked blocked;
  private final boolean shared;
  private final Call call;
  private final List<Blocked.Waiter> parked = new ArrayList<>();
  private final List<Blocked.Waiter> served = new ArrayList<>();
  /** Whether the present group is a write batch, in which those who wait are not served. */
  private boolean batched;

  /** @param shared whether others than this frontend write to the store */
  Group(RespFrontend server, Environment environment, KvStore store, Keyspace keys, boolean shared) {
    this.server = server;
    this.environment = environment;
    this.store = store;
    this.keys = keys;
    this.blocked = server.blocked();
    this.shared = shared;
    this.call = new Call(server, keys);
  }

  /** Executes the slices and commits what they write; afterwards each knows how far it came. Blocks. */
  void execute(List<Slice> slices) {
    Throwable failure = attempt(slices);
    if (failure != null) recover(slices, failure);
  }

  private @Nullable Throwable attempt(List<Slice> slices) {
    try {
      Stages.await(begin(slices));
    } catch (RuntimeException | Error e) {
      return e;
    }
    settle();
    return null;
  }

  /** What was begun has failed: tries again as long as that may help, and otherwise replies what is wrong. Blocks. */
  void recover(List<Slice> slices, Throwable first) {
    boolean single = slices.size() == 1 && slices.getFirst().end - slices.getFirst().from == 1;
    Throwable failure = first;
    for (int conflicts = 1; failure != null; conflicts++) {
      takeBack(slices);
      boolean conflict = failure instanceof ConflictException || failure instanceof BusyException;
      if (conflict) server.figures().conflicts.inc();
      if (!conflict || conflicts >= (single ? REQUEST_CONFLICTS : GROUP_CONFLICTS)) {
        giveUp(slices, single, failure instanceof NoKVException known ? known : server.defect(failure));
        return;
      }
      if (shared || failure instanceof BusyException) pause(conflicts);
      failure = attempt(slices);
    }
  }

  private void giveUp(List<Slice> slices, boolean single, NoKVException failure) {
    if (single || failure instanceof OutcomeUnknownException) {
      for (Slice slice : slices) for (int i = slice.from; i < slice.end; i++) server.fail(slice.unit.reply, failure);
    } else {
      for (Slice slice : slices) oneByOne(slice);
    }
  }

  private void oneByOne(Slice slice) {
    for (int i = slice.from; i < slice.end && !slice.unit.overflowed; i++) {
      var each = new Slice(slice.unit, i, i + 1);
      execute(List.of(each));
      slice.to = each.to;
      slice.waiter = each.waiter;
      if (each.waiter != null) return;
    }
  }

  private void takeBack(List<Slice> slices) {
    blocked.takeBack(served, parked);
    for (Slice slice : slices) {
      slice.unit.reply.rewind(slice.mark);
      slice.unit.overflowed = false;
      slice.to = slice.end;
      slice.waiter = null;
    }
  }

  /** Lets the others finish: so long, within limits, that as many as there have been conflicts would fit in. */
  private void pause(int conflicts) {
    long limit = Math.min(FIRST_PAUSE_MICROS << Math.min(conflicts, 10), LONGEST_PAUSE_MICROS);
    var over = new CompletableFuture<@Nullable Void>();
    var timer = environment.timer().schedule(Duration.ofNanos(Math.floorMod(server.random(), limit * 1000)), () -> over.complete(null));
    try {
      over.join();
    } finally {
      timer.cancel();
    }
  }

  /** Executes the slices and begins to commit what they write: to be settled when that is complete, or to be recovered from if it or this fails. */
  CompletionStage<Long> begin(List<Slice> slices) {
    parked.clear();
    served.clear();
    Access access = Access.NONE;
    boolean reads = false;
    for (Slice slice : slices) {
      for (int i = slice.from; i < slice.end; i++) {
        Access each = slice.unit.requests.get(i).access();
        if (each.compareTo(access) > 0) access = each;
        reads |= each == Access.READ;
      }
    }
    batched = access.compareTo(Access.BLIND) <= 0 && !reads && blocked.isEmpty() || access == Access.SWEEP && !(shared && oneDatabase(slices));
    if (batched) {
      var batch = new WriteBatch();
      keys.into(batch);
      perform(slices);
      return batch.isEmpty() ? NOTHING_WRITTEN : store.writeAsync(batch);
    }
    boolean serializable = access.compareTo(Access.SERIAL) >= 0 || shared && (!blocked.isEmpty() || !Latched.concernOneKey(slices));
    Transaction transaction = store.begin(serializable ? TransactionOptions.SERIALIZABLE : TransactionOptions.READ_WRITE);
    boolean performed = false;
    try {
      keys.within(transaction);
      perform(slices);
      performed = true;
    } finally {
      keys.direct();
      if (!performed) transaction.rollback();
    }
    return transaction.commitAsync();
  }

  /** What {@link #begin} began is committed. */
  void settle() {
    keys.committed();
    blocked.served(served);
    if (batched && !blocked.isEmpty()) blocked.wakeAll();
    sweep();
  }

  /** FLUSHDB looks whether other databases have keys, which only a transaction may rely on where others write. */
  private static boolean oneDatabase(List<Slice> slices) {
    for (Slice slice : slices) {
      for (int i = slice.from; i < slice.end; i++) if (slice.unit.requests.get(i).command() instanceof RedisCommand command && command.name().equals("flushdb")) return true;
    }
    return false;
  }

  /** Nobody sees what is deleted here, so a failure changes no reply; it costs the space until FLUSHALL. */
  private void sweep() {
    int collections = keys.abandonedCollections();
    WriteBatch deletions = keys.sweep();
    if (deletions.isEmpty()) return;
    server.figures().lazyFreed.inc(collections);
    store.writeAsync(deletions).whenComplete((version, failure) -> {
      if (failure != null) server.log().warn("elements of deleted collections are left behind: {}", failure.getMessage());
    });
  }

  private void perform(List<Slice> slices) {
    keys.track(!blocked.isEmpty());
    for (Slice slice : slices) {
      for (int i = slice.from; i < slice.end && !slice.unit.overflowed; i++) {
        server.perform(call, slice.unit, i);
        Call.Wish wish = call.takeWish();
        if (wish == null) {
          if (keys.isTracking()) serve();
          continue;
        }
        keys.track(true);
        slice.waiter = blocked.park(slice.unit, i, call.request(), wish);
        slice.to = i;
        parked.add(slice.waiter);
        break;
      }
    }
    for (Slice slice : slices) {
      if (slice.waiter == null || !served.contains(slice.waiter)) continue;
      slice.waiter = null;
      slice.to++;
    }
  }

  /** Tries again those who wait for keys that have been written, and whom they make ready in turn. */
  private void serve() {
    for (Queued.Watched key; (key = keys.nextTouched()) != null; ) {
      for (Blocked.Waiter waiter : blocked.waitingFor(key)) {
        if (served.contains(waiter) || !parked.contains(waiter) && !waiter.claim()) continue;
        if (tryAgain(waiter)) served.add(waiter);
        else if (!parked.contains(waiter)) blocked.release(waiter);
      }
    }
  }

  private boolean tryAgain(Blocked.Waiter waiter) {
    ReplyWriter reply = waiter.unit.reply;
    waiter.mark = reply.mark();
    boolean answered = server.performAgain(call, waiter.request, waiter.unit);
    if (!answered) reply.rewind(waiter.mark);
    return answered;
  }

  /** Serves those who wait for a key written by others. */
  void wake(Queued.Watched key) {
    for (int conflicts = 0; conflicts < REQUEST_CONFLICTS; conflicts++) {
      parked.clear();
      served.clear();
      try (Transaction transaction = store.begin(TransactionOptions.SERIALIZABLE)) {
        keys.within(transaction);
        keys.track(true);
        keys.touch(key);
        serve();
        transaction.commit();
        keys.committed();
        blocked.served(served);
        return;
      } catch (ConflictException | BusyException e) {
        blocked.takeBack(served, parked);
        server.figures().conflicts.inc();
      } catch (RuntimeException | Error e) {
        NoKVException failure = e instanceof NoKVException known ? known : server.defect(e);
        blocked.fail(served, failure);
        return;
      } finally {
        keys.direct();
      }
      pause(conflicts);
    }
  }
}
