package nokv.protocol.resp;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/*
 * How commands are executed where the store is ours alone
 *
 * Redis is serial, and so is everything here that writes: units (what a connection sent together) queue up in one lane, and whoever adds to an idle lane sets it going. It takes units that wait,
 * executes them as one group (see Group), commits once, hands the replies back, and looks again. While a commit syncs, the next group gathers; so under load one sync serves all connections,
 * and a lone connection waits for nothing but its own.
 *
 * There are two ways to go on. A turn is a task on the event loop that set the lane going, behind the reading of all its connections that had something to say: one group for all of them, no
 * thread waked, none changed. It never waits: the commit is a stage, and the next turn begins where that completes. But it is only for units that are prompt. For all others, for those who
 * waited, and for what failed, the lane moves to a task of its own (`run`), which takes its time, and with it whatever else is in the queue; once that is empty, the next unit sets it going anew.
 *
 * EXEC, WATCH and FLUSHALL run in a group of their own. Units that only read never come here.
 *
 * Invariants: the lane is going in one place at a time, which owns `units` and `slices`; a unit's requests are executed in order, its replies written in order; no reply leaves before the commit
 * that covers it.
 */
final class Lane implements Execution {
  /** A group takes no further unit beyond this. */
  private static final long GROUP_BYTES = 4 << 20;

  private final Executor io;
  private final Blocked blocked;
  private final Group group;
  private final Queue<Unit> waiting = new ConcurrentLinkedQueue<>();
  private final Queue<Queued.Watched> woken = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean going = new AtomicBoolean();
  private final List<Unit> units = new ArrayList<>();
  private final List<Group.Slice> slices = new ArrayList<>();

  Lane(Executor io, Blocked blocked, Group group) {
    this.io = io;
    this.blocked = blocked;
    this.group = group;
  }

  @Override public void submit(Unit unit) {
    waiting.add(unit);
    if (!going.compareAndSet(false, true)) return;
    EventLoop loop = unit.connection.loop();
    if (loop.inEventLoop()) loop.execute(() -> turn(loop));
    else io.execute(this::run);
  }

  @Override public void wake(Queued.Watched key) {
    woken.add(key);
    if (going.compareAndSet(false, true)) io.execute(this::run);
  }

  private boolean isIdle() {
    return waiting.isEmpty() && woken.isEmpty();
  }

  /** Whether the lane has come to rest; otherwise there is more to do for the caller. */
  private boolean rests() {
    if (!isIdle()) return false;
    going.set(false);
    return isIdle() || !going.compareAndSet(false, true);
  }

  private void take(boolean promptOnly) {
    units.clear();
    long bytes = 0;
    for (Unit unit; bytes < GROUP_BYTES && (unit = waiting.peek()) != null && (unit.isPrompt() || !promptOnly); bytes += unit.bytes()) units.add(waiting.remove());
  }

  private void handBack() {
    for (Unit done : units) done.connection.executed(done);
    units.clear();
  }

  // On an event loop

  private void turn(EventLoop loop) {
    if (woken.isEmpty()) take(true);
    if (units.isEmpty()) {
      io.execute(this::run);
      return;
    }
    slices.clear();
    for (Unit unit : units) slices.add(new Group.Slice(unit, unit.next, unit.requests.size()));
    CompletionStage<Long> commit;
    try {
      commit = group.begin(slices);
    } catch (RuntimeException | Error e) {
      io.execute(() -> again(e));
      return;
    }
    commit.whenComplete((version, failure) -> {
      if (loop.inEventLoop()) {
        committed(loop, failure);
        return;
      }
      try {
        loop.execute(() -> committed(loop, failure));
      } catch (RejectedExecutionException e) { // the server has stopped
        committed(loop, failure);
      }
    });
  }

  private void committed(EventLoop loop, @Nullable Throwable failure) {
    if (failure != null) {
      io.execute(() -> again(failure));
      return;
    }
    group.settle();
    for (Group.Slice slice : slices) slice.unit.next = slice.to;
    handBack();
    if (!rests()) loop.execute(() -> turn(loop));
  }

  // On a task

  /** What a turn has begun has failed. */
  private void again(Throwable failure) {
    group.recover(slices, Stages.cause(failure));
    for (Group.Slice slice : slices) slice.unit.next = slice.to;
    handBack();
    run();
  }

  private void run() {
    do {
      wakeAll();
      for (take(false); !units.isEmpty(); take(false)) {
        executeAll();
        handBack();
        wakeAll();
      }
    } while (!rests());
  }

  /** Between any two groups, so that a lane that is never idle does not forget those who wait. */
  private void wakeAll() {
    for (Queued.Watched key; (key = woken.poll()) != null; ) group.wake(key);
  }

  /** Executes the units; those that come to wait are taken out of the list and belong to {@link Blocked} from then on. */
  private void executeAll() {
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
