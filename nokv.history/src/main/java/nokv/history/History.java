package nokv.history;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Gathers calls of concurrent clients. Its clock counts: what ended before another began has the lower number. Thread-safe. */
public final class History<O> {
  private final AtomicLong clock = new AtomicLong();
  private final List<Call<O>> calls = new ArrayList<>();

  /** To be called before an operation is sent. */
  public long begin() {
    return clock.incrementAndGet();
  }

  /** An operation was answered. */
  public void ended(long begun, O operation) {
    add(new Call<>(begun, clock.incrementAndGet(), operation));
  }

  /** Nobody knows what has become of an operation. One that certainly did not happen is not told at all. */
  public void unknown(long begun, O operation) {
    add(new Call<>(begun, Call.NEVER, operation));
  }

  private synchronized void add(Call<O> call) {
    calls.add(call);
  }

  public synchronized List<Call<O>> calls() {
    return List.copyOf(calls);
  }
}
