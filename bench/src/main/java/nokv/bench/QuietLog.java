package nokv.bench;

import java.util.logging.Level;
import java.util.logging.Logger;

/** Keeps an engine's own log lines below a warning out of the figures. */
public final class QuietLog {
  public QuietLog() {
    Logger.getLogger("").setLevel(Level.WARNING);
  }
}
