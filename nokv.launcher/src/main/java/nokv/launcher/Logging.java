package nokv.launcher;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The process's log: one line per event, {@code 2026-11-24T13:00:00.123Z INFO engine.wal: …}. A cause is told by its messages on the same line; its stack trace follows only
 * where the environment sets {@code NOKV_TRACE}, for those who look for a defect.
 */
final class Logging {
  static final boolean TRACE = System.getenv("NOKV_TRACE") != null;
  /** Strongly held: java.util.logging forgets the level of a logger that nobody holds. */
  private static final Logger ROOT = Logger.getLogger("");

  private Logging() {}

  /** A running node's log is its output. */
  static void toStandardOutput() {
    to(System.out, Level.INFO);
  }

  /** A command's output is its result, so only what is wrong is told, and elsewhere. */
  static void toStandardError() {
    to(System.err, Level.SEVERE);
  }

  private static void to(PrintStream stream, Level level) {
    LogManager.getLogManager().reset();
    ROOT.setLevel(level);
    ROOT.addHandler(new LineHandler(stream));
  }

  /** A failure as one line: its messages down the causes, without repetition. */
  static String describe(Throwable failure) {
    var text = new StringBuilder();
    for (Throwable t = failure; t != null; t = t.getCause()) {
      String message = t.getMessage() == null ? t.getClass().getSimpleName() : t.getMessage().replaceAll("\\s*\\R\\s*", " ");
      if (text.indexOf(message) < 0) text.append(text.isEmpty() ? "" : ": ").append(message);
    }
    return text.toString();
  }

  private static final class LineHandler extends Handler {
    private final PrintStream stream;

    LineHandler(PrintStream stream) {
      this.stream = stream;
      setFormatter(new LineFormatter());
    }

    @Override public void publish(@Nullable LogRecord record) {
      if (record == null || !isLoggable(record)) return;
      stream.print(getFormatter().format(record));
      stream.flush();
    }

    @Override public void flush() {
      stream.flush();
    }

    @Override public void close() {}
  }

  private static final class LineFormatter extends Formatter {
    @Override public String format(LogRecord record) {
      var line = new StringBuilder(160).append(Instant.ofEpochMilli(record.getMillis()).truncatedTo(ChronoUnit.MILLIS)).append(' ')
          .append(record.getLevel() == Level.SEVERE ? "ERROR" : record.getLevel() == Level.WARNING ? "WARN" : record.getLevel().getName()).append(' ');
      String logger = record.getLoggerName();
      if (logger != null && !logger.isEmpty()) line.append(logger.startsWith("nokv.") ? logger.substring(5) : logger).append(": ");
      line.append(formatMessage(record));
      Throwable thrown = record.getThrown();
      if (thrown != null) line.append(": ").append(describe(thrown));
      line.append('\n');
      if (thrown != null && TRACE) {
        var trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace, true));
        line.append(trace);
      }
      return line.toString();
    }
  }
}
