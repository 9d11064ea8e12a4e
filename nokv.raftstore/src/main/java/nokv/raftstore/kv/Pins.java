package nokv.raftstore.kv;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/*
 * Who reads at a timestamp takes hold of the newest pin before it asks the oracle, so what it gets is above the pin's bound. Each report to placement makes a new pin, with a timestamp that
 * the oracle has just given, and lets go of those that nobody holds: a read costs one counter, and the oldest bound left is at most one report below the oldest timestamp read at.
 */
/** What this client still reads at. Thread-safe. */
final class Pins {
  /** A bound, and how many read at timestamps above it; -1 = it is gone. */
  static final class Pin {
    private final long bound;
    private final AtomicInteger holders;

    private Pin(long bound, int holders) {
      this.bound = bound;
      this.holders = new AtomicInteger(holders);
    }

    private boolean hold() {
      return holders.getAndUpdate(count -> count < 0 ? count : count + 1) >= 0;
    }

    void release() {
      holders.decrementAndGet();
    }
  }

  private volatile Pin newest = new Pin(0, 0);
  private final List<Pin> pins = new ArrayList<>(List.of(newest));

  /** To be called before the timestamp is asked for. Release it once. */
  Pin hold() {
    for (;;) {
      Pin pin = newest;
      if (pin.hold()) return pin;
    }
  }

  /** For a timestamp that is known. Release it once. */
  synchronized Pin holdAt(long timestamp) {
    var pin = new Pin(timestamp, 1);
    pins.add(pin);
    return pin;
  }

  /** What is to be held as long as its holder likes, once its timestamp is known: the first pin, from before the first report, knows no bound. */
  Pin settle(Pin pin, long timestamp) {
    if (pin.bound != 0) return pin;
    Pin own = holdAt(timestamp);
    pin.release();
    return own;
  }

  /** The least timestamp at which anybody reads from now on. @param fresh that the oracle has just given */
  synchronized long oldest(long fresh) {
    var next = new Pin(fresh, 0);
    pins.add(next);
    newest = next;
    pins.removeIf(pin -> pin != next && pin.holders.compareAndSet(0, -1));
    long oldest = fresh;
    for (Pin pin : pins) oldest = Math.min(oldest, pin.bound);
    return oldest;
  }
}
