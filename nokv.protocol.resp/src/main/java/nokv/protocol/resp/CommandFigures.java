package nokv.protocol.resp;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What INFO's commandstats and errorstats, LATENCY HISTOGRAM, and the slow log say. A command that is executed again after a conflict counts each time. Thread-safe. */
final class CommandFigures {
  private static final int MAX_ERROR_CODES = 128;
  private static final int BUCKETS = 31;

  /** Of one command. */
  static final class Row {
    final LongAdder calls = new LongAdder();
    final LongAdder nanos = new LongAdder();
    final LongAdder rejected = new LongAdder();
    final LongAdder failed = new LongAdder();
    /** By the binary logarithm of the microseconds a call took. */
    private final AtomicLongArray buckets = new AtomicLongArray(BUCKETS);

    /** Upper bounds in microseconds and how many calls took no longer, as far as they differ. */
    Map<Long, Long> histogram() {
      var found = new java.util.LinkedHashMap<Long, Long>();
      long sum = 0;
      for (int i = 0; i < BUCKETS; i++) {
        long n = buckets.get(i);
        if (n == 0) continue;
        sum += n;
        found.put((1L << i) - (i == 0 ? 0 : 1), sum);
      }
      return found;
    }

    /** The microseconds within which this share of the calls was done. */
    double percentile(double percent) {
      long all = calls.sum();
      long sum = 0;
      for (int i = 0; i < BUCKETS; i++) {
        sum += buckets.get(i);
        if (sum > 0 && sum >= all * percent / 100) return (1L << i) + 0.003;
      }
      return 0;
    }
  }

  private final Map<RedisCommand, Row> rows = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();

  /** A command was executed. */
  void ran(RedisCommand command, long nanos, boolean failed) {
    Row row = row(command);
    row.calls.increment();
    row.nanos.add(nanos);
    if (failed) row.failed.increment();
    long micros = nanos / 1000;
    row.buckets.incrementAndGet(Math.min(BUCKETS - 1, 64 - Long.numberOfLeadingZeros(micros)));
  }

  /** A command was refused before it was executed. @param command null = it is not known */
  void rejected(@Nullable RedisCommand command, String error) {
    if (command != null) row(command).rejected.increment();
    failed(error);
  }

  /** An error was replied. */
  void failed(String error) {
    int blank = error.indexOf(' ');
    String code = blank < 0 ? error : error.substring(0, blank);
    LongAdder counter = errors.get(code);
    if (counter == null) counter = errors.computeIfAbsent(errors.size() < MAX_ERROR_CODES ? code : "ERR", none -> new LongAdder());
    counter.increment();
  }

  private Row row(RedisCommand command) {
    Row row = rows.get(command);
    return row != null ? row : rows.computeIfAbsent(command, none -> new Row());
  }

  Map<RedisCommand, Row> rows() {
    return rows;
  }

  Map<String, LongAdder> errors() {
    return errors;
  }

  void reset() {
    rows.clear();
    errors.clear();
  }
}
