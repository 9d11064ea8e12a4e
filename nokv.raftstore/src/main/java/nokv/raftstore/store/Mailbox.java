package nokv.raftstore.store;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What waits for the store loop. The loop has no thread of its own: whoever posts to an idle mailbox has a task take a round, and at most one does at a time; so everything the loop
 * owns is used by one thread at a time. Thread-safe.
 */
final class Mailbox {
  /** Events before the round's work is done, and rounds before the thread is given back. */
  private static final int EVENTS_A_ROUND = 4096;
  private static final int ROUNDS_A_TASK = 32;

  private record Event(long bytes, Runnable work) {}

  private final Executor executor;
  private final long limitBytes;
  private final Runnable afterEvents;
  private final Queue<Event> events = new ConcurrentLinkedQueue<>();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicBoolean running = new AtomicBoolean();

  /** @param afterEvents does what the events of a round have made necessary */
  Mailbox(Executor executor, long limitBytes, Runnable afterEvents) {
    this.executor = executor;
    this.limitBytes = limitBytes;
    this.afterEvents = afterEvents;
  }

  /** Adds what the store owes itself: it is bounded by what was admitted. */
  void post(Runnable work) {
    add(new Event(0, work));
  }

  /** Adds what comes from outside, unless the mailbox is full. */
  boolean offer(long size, Runnable work) {
    if (bytes.addAndGet(size) > limitBytes) {
      bytes.addAndGet(-size);
      return false;
    }
    add(new Event(size, work));
    return true;
  }

  private void add(Event event) {
    events.add(event);
    wake();
  }

  private void wake() {
    if (!running.get() && running.compareAndSet(false, true)) executor.execute(this::run);
  }

  private void run() {
    for (int rounds = 0; rounds < ROUNDS_A_TASK && !events.isEmpty(); rounds++) {
      for (int i = 0; i < EVENTS_A_ROUND; i++) {
        Event event = events.poll();
        if (event == null) break;
        bytes.addAndGet(-event.bytes);
        event.work.run();
      }
      afterEvents.run();
    }
    running.set(false);
    if (!events.isEmpty()) wake();
  }

  long bytes() {
    return bytes.get();
  }
}
