package nokv.engine.lsm;

import java.util.concurrent.atomic.AtomicInteger;

/** Something that several hold and that is freed when the last lets go. Whoever makes it holds it. */
abstract class Counted {
  private final AtomicInteger holders = new AtomicInteger(1);

  final void hold() {
    if (holders.getAndIncrement() <= 0) throw new IllegalStateException(this + " is held after it was freed");
  }

  final void release() {
    if (holders.decrementAndGet() == 0) free();
  }

  abstract void free();
}
