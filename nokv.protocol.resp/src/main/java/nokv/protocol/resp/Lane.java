package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/*
 * How commands are executed where the store is ours alone
 *
 * Redis is serial, and so is everything here that writes: units (what a connection sent together) queue up in one lane. Whoever adds to an idle lane starts a task;
 * the task takes all units that wait, executes them as one group (see Group), commits once, hands the replies back, and looks again. While a commit syncs, the next group
 * gathers; so under load one sync serves all connections, and a lone connection waits for nothing but its own.
 *
 * EXEC, WATCH and FLUSHALL run in a group of their own. Units that only read never come here: they run beside the lane, each on a task of its own.
 *
 * Invariants: one thread at a time is in `run`; a unit's requests are executed in order, its replies written in order; no reply leaves before the commit that covers it.
 */
final class Lane implements Execution {
  /** A group takes no further unit beyond this. */
  private static final long GROUP_BYTES = 4 << 20;

  private final Executor executor;
  private final Blocked blocked;
  private final Group group;
  private final Queue<Unit> waiting = new ConcurrentLinkedQueue<>();
  private final Queue<Queued.Watched> woken = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean running = new AtomicBoolean();

  Lane(Executor executor, Blocked blocked, Group group) {
    this.executor = executor;
    this.blocked = blocked;
    this.group = group;
  }

  @Override public void submit(Unit unit) {
    waiting.add(unit);
    start();
  }

  @Override public void wake(Queued.Watched key) {
    woken.add(key);
    start();
  }

  private void start() {
    if (running.compareAndSet(false, true)) executor.execute(this::run);
  }

  private void run() {
    var units = new ArrayList<Unit>();
    do {
      wakeAll();
      for (Unit unit; (unit = waiting.peek()) != null; units.clear()) {
        for (long bytes = 0; unit != null && bytes < GROUP_BYTES; unit = waiting.peek()) {
          bytes += unit.bytes();
          units.add(waiting.remove());
        }
        executeAll(units);
        for (Unit done : units) done.connection.executed(done);
        wakeAll();
      }
      running.set(false);
    } while ((!waiting.isEmpty() || !woken.isEmpty()) && running.compareAndSet(false, true));
  }

  /** Between any two groups, so that a lane that is never idle does not forget those who wait. */
  private void wakeAll() {
    for (Queued.Watched key; (key = woken.poll()) != null; ) group.wake(key);
  }

  /** Executes the units; those that come to wait are taken out of the list and belong to {@link Blocked} from then on. */
  private void executeAll(List<Unit> units) {
    var slices = new ArrayList<Group.Slice>(units.size());
    while (true) {
      slices.clear();
      Unit alone = null;
      for (Unit unit : units) {
        if (unit.finished()) continue;
        if (unit.nextIsAlone()) alone = unit;
        else slices.add(new Group.Slice(unit, unit.next, unit.togetherUntil()));
      }
      if (slices.isEmpty()) {
        if (alone == null) return;
        slices.add(new Group.Slice(alone, alone.next, alone.next + 1));
      }
      group.execute(slices);
      for (Group.Slice slice : slices) {
        slice.unit.next = slice.to;
        if (slice.waiter == null) continue;
        units.remove(slice.unit);
        blocked.publish(slice.waiter);
      }
    }
  }
}
