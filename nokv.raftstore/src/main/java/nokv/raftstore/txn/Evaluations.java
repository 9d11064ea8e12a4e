package nokv.raftstore.txn;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Gives many short pieces of work, which mostly find what they need in memory but may have to read a file, to few I/O tasks: a task goes on with whatever waits, and there is another for every
 * {@value #PIECES_A_TASK} pieces that wait. So what arrives in one frame costs a few hand-overs, a lone piece starts at once, and pieces that wait for files do not hold up all others. Thread-safe.
 */
final class Evaluations implements Executor {
  private static final int PIECES_A_TASK = 8;

  private final Executor io;
  private final Queue<Runnable> pieces = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger tasks = new AtomicInteger();

  Evaluations(Executor io) {
    this.io = io;
  }

  @Override public void execute(Runnable piece) {
    pieces.add(piece);
    if (waiting.incrementAndGet() > PIECES_A_TASK * tasks.get()) begin();
  }

  private void begin() {
    tasks.incrementAndGet();
    io.execute(this::run);
  }

  private void run() {
    for (Runnable piece; (piece = pieces.poll()) != null; ) {
      waiting.decrementAndGet();
      piece.run();
    }
    tasks.decrementAndGet();
    // One that came after the last look saw this task still at work.
    if (!pieces.isEmpty()) begin();
  }
}
