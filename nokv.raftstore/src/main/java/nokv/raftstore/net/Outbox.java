package nokv.raftstore.net;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/*
 * How messages become frames
 *
 * Whoever has a message puts it into the queue; the first to find no drain scheduled schedules one on the stream's event loop. When the loop gets to it, everything that has gathered
 * meanwhile is written as one frame. An idle loop gets to it at once, so a lone message waits for nobody; a busy one (reading, or writing an earlier frame) gets to it later, and the busier
 * it is the fuller the frames are. No linger, no timer, and one wake-up of the loop for all that gathers.
 *
 * While the stream is not ready (its flow-control window is full, or it is not connected yet) nothing is written; it drains when it becomes so.
 *
 * The bound in bytes counts from `offer` to `release`, which the owner calls: a request is released when it is answered, so the bound covers what is in flight too.
 */
/** What waits to be written to one stream. {@link #offer} and {@link #release} from any thread, the rest on the event loop. */
final class Outbox<T> {
  /** A frame is closed when it has reached this size; a single larger message goes alone. */
  static final int FRAME_BYTES = 256 << 10;

  private final EventLoop loop;
  private final long limitBytes;
  private final ToIntFunction<T> size;
  private final Stream<T> stream;
  private final Queue<T> queue = new ConcurrentLinkedQueue<>();
  private final AtomicLong heldBytes = new AtomicLong();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final Runnable drain = this::drain;

  /** Where frames go. Called on the event loop. */
  interface Stream<T> {
    boolean isReady();

    void write(List<T> frame, long frameBytes);
  }

  Outbox(EventLoop loop, long limitBytes, ToIntFunction<T> size, Stream<T> stream) {
    this.loop = loop;
    this.limitBytes = limitBytes;
    this.size = size;
    this.stream = stream;
  }

  /** @return false if it would pass the bound, or the loop has ended: nothing was kept */
  boolean offer(T message) {
    int bytes = size.applyAsInt(message);
    long held = heldBytes.addAndGet(bytes);
    if (held > limitBytes && held > bytes) {
      release(bytes);
      return false;
    }
    queue.add(message);
    if (scheduled.compareAndSet(false, true)) {
      try {
        loop.execute(drain);
      } catch (RejectedExecutionException e) {
        return !queue.remove(message);
      }
    }
    return true;
  }

  void release(long bytes) {
    heldBytes.addAndGet(-bytes);
  }

  long heldBytes() {
    return heldBytes.get();
  }

  /** Writes what there is, as far as the stream takes it. */
  void drain() {
    scheduled.set(false);
    while (!queue.isEmpty() && stream.isReady()) {
      var frame = new ArrayList<T>();
      long bytes = 0;
      while (bytes < FRAME_BYTES) {
        var message = queue.peek();
        if (message == null) break;
        int more = size.applyAsInt(message);
        if (!frame.isEmpty() && bytes + more > FRAME_BYTES) break;
        queue.poll();
        frame.add(message);
        bytes += more;
      }
      stream.write(frame, bytes);
    }
  }

  /** What waits; they stay. */
  void forEach(Consumer<T> consumer) {
    queue.forEach(consumer);
  }

  /** Takes out all that waits. */
  void empty(Consumer<T> consumer) {
    for (var message = queue.poll(); message != null; message = queue.poll()) consumer.accept(message);
  }
}
