package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import nokv.api.ConflictException;
import nokv.api.KvStore;
import nokv.api.NoKVException;
import nokv.api.OutcomeUnknownException;
import nokv.api.Transaction;
import nokv.api.TransactionOptions;
import nokv.api.WriteBatch;

/*
 * How commands are executed
 *
 * Redis is serial, and so is everything here that writes: units (what a connection sent together) queue up in one lane. Whoever adds to an idle lane starts a task;
 * the task takes all units that wait, executes them as one group, commits once, hands the replies back, and looks again. While a commit syncs, the next group
 * gathers; so under load one sync serves all connections, and a lone connection waits for nothing but its own.
 *
 * A group of blind writes (SET, MSET) is one write batch. As soon as one command reads, the group is one transaction, in which each command sees the writes of those
 * before it: sixteen INCRs of one key are one write. The transaction's conflict detection is against others than this lane (an embedding application, other gateways of
 * a cluster); it is serializable if some command writes by what it read in other keys. After a conflict nothing has happened, and the group is executed again from the
 * beginning: commands depend only on their request and the store, and replies are taken back. Any other refusal (disk full, too large) is settled by executing the
 * requests one by one, so that each gets its own answer. An outcome unknown is reported to all, and nothing is tried again.
 *
 * EXEC, WATCH and FLUSHALL run in a group of their own. Units that only read never come here: they run beside the lane, each on a task of its own.
 *
 * A defect, an Error included, is the reply of the command that has it: a lane that died would hold up every connection.
 *
 * Invariants: one thread at a time is in `run`; a unit's requests are executed in order, its replies written in order; no reply leaves before the commit that covers it.
 */
final class Lane {
  /** Conflicts after which a group is no longer tried as one. */
  private static final int GROUP_CONFLICTS = 3;
  /** Conflicts after which a single request is given up. */
  private static final int REQUEST_CONFLICTS = 100;
  /** A group takes no further unit beyond this. */
  private static final long GROUP_BYTES = 4 << 20;

  /** Requests {@code from} … {@code to} of a unit. */
  private record Slice(Unit unit, int from, int to) {}

  private final RespFrontend server;
  private final KvStore store;
  private final Executor executor;
  private final Keyspace keys;
  private final Call call;
  private final Queue<Unit> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean running = new AtomicBoolean();

  Lane(RespFrontend server, KvStore store, Executor executor, Keyspace keys) {
    this.server = server;
    this.store = store;
    this.executor = executor;
    this.keys = keys;
    this.call = new Call(server, keys);
  }

  void submit(Unit unit) {
    waiting.add(unit);
    if (running.compareAndSet(false, true)) executor.execute(this::run);
  }

  private void run() {
    var group = new ArrayList<Unit>();
    do {
      for (Unit unit; (unit = waiting.peek()) != null; group.clear()) {
        for (long bytes = 0; unit != null && bytes < GROUP_BYTES; unit = waiting.peek()) {
          bytes += unit.bytes();
          group.add(waiting.remove());
        }
        executeAll(group);
        for (Unit done : group) done.connection.executed(done);
      }
      running.set(false);
    } while (!waiting.isEmpty() && running.compareAndSet(false, true));
  }

  private void executeAll(List<Unit> units) {
    var slices = new ArrayList<Slice>(units.size());
    while (true) {
      slices.clear();
      Unit alone = null;
      for (Unit unit : units) {
        if (unit.finished()) continue;
        if (unit.nextIsAlone()) alone = unit;
        else slices.add(new Slice(unit, unit.next, unit.togetherUntil()));
      }
      if (slices.isEmpty()) {
        if (alone == null) return;
        slices.add(new Slice(alone, alone.next, alone.next + 1));
      }
      execute(slices);
      for (Slice slice : slices) slice.unit.next = slice.to;
    }
  }

  private void execute(List<Slice> slices) {
    boolean single = slices.size() == 1 && slices.getFirst().to - slices.getFirst().from == 1;
    int[] marks = new int[slices.size()];
    for (int i = 0; i < marks.length; i++) marks[i] = slices.get(i).unit.reply.mark();
    NoKVException failure = null;
    for (int conflicts = 0; failure == null; ) {
      try {
        attempt(slices);
        return;
      } catch (ConflictException e) {
        server.figures().conflicts.inc();
        if (++conflicts >= (single ? REQUEST_CONFLICTS : GROUP_CONFLICTS)) failure = e;
      } catch (NoKVException e) {
        failure = e;
      } catch (RuntimeException | Error e) {
        failure = server.defect(e);
      }
      for (int i = 0; i < marks.length; i++) {
        slices.get(i).unit.reply.rewind(marks[i]);
        slices.get(i).unit.overflowed = false;
      }
    }
    if (single || failure instanceof OutcomeUnknownException) {
      for (Slice slice : slices) for (int i = slice.from; i < slice.to; i++) server.fail(slice.unit.reply, failure);
      return;
    }
    for (Slice slice : slices) {
      for (int i = slice.from; i < slice.to && !slice.unit.overflowed; i++) execute(List.of(new Slice(slice.unit, i, i + 1)));
    }
  }

  private void attempt(List<Slice> slices) {
    Access access = Access.NONE;
    boolean reads = false;
    for (Slice slice : slices) {
      for (int i = slice.from; i < slice.to; i++) {
        Access each = slice.unit.requests.get(i).access();
        if (each.compareTo(access) > 0) access = each;
        reads |= each == Access.READ;
      }
    }
    if (access == Access.SWEEP || access.compareTo(Access.BLIND) <= 0 && !reads) {
      var batch = new WriteBatch();
      keys.into(batch);
      perform(slices);
      if (!batch.isEmpty()) store.write(batch);
      return;
    }
    try (Transaction transaction = store.begin(access.compareTo(Access.SERIAL) >= 0 ? TransactionOptions.SERIALIZABLE : TransactionOptions.READ_WRITE)) {
      keys.within(transaction);
      perform(slices);
      transaction.commit();
    } finally {
      keys.direct();
    }
    sweep();
  }

  /** Nobody sees what is deleted here, so a failure changes no reply; it costs the space until FLUSHALL. */
  private void sweep() {
    WriteBatch deletions = keys.sweep();
    if (deletions.isEmpty()) return;
    store.writeAsync(deletions).whenComplete((version, failure) -> {
      if (failure != null) server.log().warn("elements of deleted collections are left behind: {}", failure.getMessage());
    });
  }

  private void perform(List<Slice> slices) {
    for (Slice slice : slices) {
      for (int i = slice.from; i < slice.to && !slice.unit.overflowed; i++) server.perform(call, slice.unit, i);
    }
  }
}
