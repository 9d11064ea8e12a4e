package nokv.engine.lsm;

import java.util.concurrent.atomic.AtomicBoolean;
import nokv.api.ClosedException;
import nokv.spi.StorageEngine;

/** A view that is held, and the sequence up to which it is read. Thread-safe. */
final class PinnedView implements StorageEngine.Pin {
  final View view;
  private final long sequence;
  private final int stripe;
  private final AtomicBoolean closed = new AtomicBoolean();

  private PinnedView(View view, long sequence, int stripe) {
    this.view = view;
    this.sequence = sequence;
    this.stripe = stripe;
  }

  /** The visible state of this moment: a view that was still the current one when the visible sequence was read, so that it holds everything up to there. */
  static PinnedView now(VersionSet versions, java.util.function.LongSupplier visible) {
    int stripe = View.stripe();
    while (true) {
      View view = versions.enter(stripe);
      long sequence = visible.getAsLong();
      if (versions.isCurrent(view)) return new PinnedView(view, sequence, stripe);
      view.leave(stripe);
    }
  }

  /** A second hold on what another pin holds. */
  static PinnedView again(PinnedView other) {
    int stripe = View.stripe();
    other.view.enter(stripe);
    if (other.closed.get()) {
      other.view.leave(stripe);
      throw new ClosedException("the pin was closed");
    }
    return new PinnedView(other.view, other.sequence, stripe);
  }

  @Override public long sequence() {
    return sequence;
  }

  @Override public void close() {
    if (closed.compareAndSet(false, true)) view.leave(stripe);
  }
}
