package nokv.launcher;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongConsumer;

/** Says on standard error how far something long has come: over and over in one line of a terminal, otherwise now and then in a line of its own. Nothing where it is short. */
final class Progress implements LongConsumer, AutoCloseable {
  private static final long TERMINAL_NANOS = 500_000_000L;
  private static final long LINE_NANOS = 10_000_000_000L;

  private final PrintWriter err;
  private final String what;
  private final long total;
  private final boolean terminal = System.console() != null && System.console().isTerminal();
  private final long began = System.nanoTime();
  private long told = began;
  private boolean open;

  /** @param total bytes that are expected, about */
  Progress(PrintWriter err, String what, long total) {
    this.err = err;
    this.what = what;
    this.total = total;
  }

  @Override public void accept(long bytes) {
    long now = System.nanoTime();
    if (now - told < (terminal ? TERMINAL_NANOS : LINE_NANOS)) return;
    told = now;
    double seconds = (now - began) / 1e9;
    String line = String.format(Locale.ROOT, "%s: %d of about %d MiB, %d %%, %.0f s", what, bytes >> 20, total >> 20, Math.min(99, 100 * bytes / Math.max(1, total)), seconds);
    err.print(terminal ? "\r" + line : line + "\n");
    err.flush();
    open = terminal;
  }

  @Override public void close() {
    if (open) err.println();
    err.flush();
  }
}
