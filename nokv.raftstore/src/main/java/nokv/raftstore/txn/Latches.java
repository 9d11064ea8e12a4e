package nokv.raftstore.txn;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.stream.IntStream;
import nokv.raftstore.key.FamilyKey;
import org.jspecify.annotations.Nullable;

/**
 * Orders the commands that touch the same keys: one after another, first come first served. A key is a slot by its hash; a command takes its slots in ascending order, so none can wait
 * in a circle. Nobody parks: who must wait is continued by whoever lets go. Thread-safe.
 */
final class Latches {
  private static final int SLOT_BITS = 15;
  private static final int[] ALL = IntStream.range(0, 1 << SLOT_BITS).toArray();

  private final @Nullable Hold[] owners = new Hold[1 << SLOT_BITS];
  private final Map<Integer, Queue<Hold>> waiting = new HashMap<>();

  /** What a command has taken and has yet to take. */
  static final class Hold {
    private final int[] slots;
    private final Runnable then;
    private int taken;

    private Hold(int[] slots, Runnable then) {
      this.slots = slots;
      this.then = then;
    }
  }

  /** A hold on some keys, to be acquired. @param then runs when all are taken, on the thread that made it so: return soon */
  static Hold hold(Collection<FamilyKey> keys, Runnable then) {
    int[] slots = new int[keys.size()];
    int count = 0;
    for (FamilyKey key : keys) slots[count++] = (key.hashCode() * 0x9E3779B1) >>> (32 - SLOT_BITS);
    if (count > 1) slots = Arrays.stream(slots).sorted().distinct().toArray();
    return new Hold(slots, then);
  }

  /** A hold on every key there is. */
  static Hold holdAll(Runnable then) {
    return new Hold(ALL, then);
  }

  void acquire(Hold hold) {
    boolean taken;
    synchronized (this) {
      taken = take(hold);
    }
    if (taken) hold.then.run();
  }

  private boolean take(Hold hold) {
    for (; hold.taken < hold.slots.length; hold.taken++) {
      int slot = hold.slots[hold.taken];
      if (owners[slot] == null) {
        owners[slot] = hold;
      } else if (owners[slot] != hold) {
        waiting.computeIfAbsent(slot, empty -> new ArrayDeque<>()).add(hold);
        return false;
      }
    }
    return true;
  }

  void release(Hold hold) {
    var ready = new ArrayDeque<Hold>(0);
    synchronized (this) {
      for (int slot : hold.slots) {
        Queue<Hold> queue = waiting.isEmpty() ? null : waiting.get(slot);
        if (queue == null) {
          owners[slot] = null;
          continue;
        }
        Hold next = queue.remove();
        if (queue.isEmpty()) waiting.remove(slot);
        owners[slot] = next;
        if (take(next)) ready.add(next);
      }
    }
    for (Hold next : ready) next.then.run();
  }
}
