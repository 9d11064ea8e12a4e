package nokv.protocol.resp;

import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Keeps commands of this frontend that concern the same keys apart, so that they wait for each other instead of failing on each other. Taken in one order, so never in a circle, and first come,
 * first served. Several keys may share a latch. A latch belongs to the thread that took it.
 */
final class Latches {
  private static final int COUNT = 1024;

  /** Held until closed. */
  @FunctionalInterface
  interface Held extends AutoCloseable {
    @Override void close();
  }

  private final ReentrantLock[] latches = new ReentrantLock[COUNT];
  private final ReadWriteLock whole = new ReentrantReadWriteLock(true);

  Latches() {
    for (int i = 0; i < COUNT; i++) latches[i] = new ReentrantLock(true);
  }

  /** Takes the latches of these keys. */
  Held hold(Iterable<Queued.Watched> keys) {
    var numbers = new java.util.BitSet(COUNT);
    for (Queued.Watched key : keys) {
      int hash = key.hashCode();
      numbers.set((hash ^ hash >>> 16) & COUNT - 1);
    }
    whole.readLock().lock();
    numbers.stream().forEach(i -> latches[i].lock());
    return () -> {
      numbers.stream().forEach(i -> latches[i].unlock());
      whole.readLock().unlock();
    };
  }

  /** Takes all there are. */
  Held all() {
    whole.writeLock().lock();
    return () -> whole.writeLock().unlock();
  }
}
