package nokv.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.HdrHistogram.Histogram;

/**
 * One engine, one row, one process: {@code RowRunner load|run ENGINE ROW DIRECTORY SCALE}. {@code load} fills the directory; {@code run} measures and prints a line
 * {@code name value} for each figure. Any wrong answer ends the process with a stack trace and exit code 1.
 */
final class RowRunner {
  /** Where the store lies, beside the measured one, that writing rows warm up on. */
  static final String WARM_UP = "warm-up";
  private static final int WARM_UP_KEYS = 200_000;
  private static final int WARM_UP_STEP = 1000;
  private static final int WARM_UP_OPENINGS = 2;
  private static final long LEAST_WARM_UP_NANOS = 5_000_000_000L;
  private static final long MOST_WARM_UP_NANOS = 30_000_000_000L;
  /** In a second of warming up: less, and the compiler is at rest. */
  private static final int QUIET_MILLIS = 30;

  private RowRunner() {}

  public static void main(String[] arguments) throws Exception {
    Row row = Row.of(arguments[2]);
    Path directory = Path.of(arguments[3]);
    double scale = Double.parseDouble(arguments[4]);
    Files.createDirectories(directory);
    if (arguments[0].equals("load")) load(arguments[1], row, directory, scale);
    else measure(arguments[1], row, directory, scale).forEach((name, value) -> System.out.println("figure " + name + " " + value));
  }

  private static void load(String name, Row row, Path directory, double scale) throws Exception {
    int keys = row.keys(scale);
    Engine engine = Engines.open(name, directory, false);
    for (int i = 0; i < keys; i++) {
      long number = Data.permute(i, keys, 1);
      engine.put(Data.key(number), Data.value(number, 0, row.valueBytes));
    }
    if (row == Row.REOPEN) Runtime.getRuntime().halt(0);
    engine.settle();
    engine.close();
  }

  private static Map<String, Double> measure(String name, Row row, Path directory, double scale) throws Exception {
    int keys = row.keys(scale);
    takeFigures();
    if (!readsOnly(row) && row != Row.REOPEN) warmUpBeside(name, row, directory);
    long openNanos = System.nanoTime();
    try (Engine engine = Engines.open(name, directory, row.sync())) {
      engine.get(Data.key(0));
      double reopenMillis = (System.nanoTime() - openNanos) / 1e6;
      var workload = new Workload(row, engine, keys);
      if (readsOnly(row)) warmUp(row, engine, keys, workload);
      long written = writtenBytes();
      long cpu = cpuNanos();
      var result = measured(row, workload, 0, row == Row.OVERWRITE3 ? 3 * keys : row.operations(scale), 11);
      double cpuMicros = (cpuNanos() - cpu) / 1e3;
      if (row == Row.OVERWRITE3 || row == Row.FILL4K || row == Row.FILL64K) engine.settle();
      workload.verify();
      var figures = new LinkedHashMap<String, Double>();
      figures.put("opsPerSecond", result.operations * 1e9 / result.nanos);
      figures.put("p50Micros", result.latency.getValueAtPercentile(50) / 1e3);
      figures.put("p99Micros", result.latency.getValueAtPercentile(99) / 1e3);
      figures.put("p999Micros", result.latency.getValueAtPercentile(99.9) / 1e3);
      figures.put("p9999Micros", result.latency.getValueAtPercentile(99.99) / 1e3);
      figures.put("cpuMicrosPerOp", cpuMicros / result.operations);
      if (result.userBytes > 0) figures.put("writtenPerUserByte", (writtenBytes() - written) / (double) result.userBytes);
      if (row != Row.DELETERANDOM && !row.sync()) figures.put("diskPerLiveByte", diskBytes(directory) / ((double) keys * (16 + row.valueBytes)));
      figures.put("peakRssBytes", peakRssBytes());
      figures.put("reopenMillis", reopenMillis);
      return figures;
    }
  }

  /**
   * Takes each figure once, before anything is warm: the classes that are loaded for it (channels, among others) make the JVM give up code that counted on there being none, and to compile the whole
   * way of a read again took a second of the measurement.
   */
  private static void takeFigures() throws IOException {
    writtenBytes();
    cpuNanos();
    peakRssBytes();
    ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
  }

  private static boolean readsOnly(Row row) {
    return switch (row) {
      case READRANDOM_1, READRANDOM_2, READMISSING, SEEK10, SEEK100, READWHILEWRITING, YCSB_C -> true;
      default -> false;
    };
  }

  /**
   * Runs the row until the JVM's compiler is at rest, so that what is measured is a process that has been at work, as a server's has: on one processor the compiler takes four seconds of the first
   * ten. Every engine gets it, and those that need little of it are done soon. It goes the way of the measurement, since what is called in another way is compiled once more.
   */
  private static void warmUp(Row row, Engine engine, int keys, Workload workload) throws Exception {
    var compiler = ManagementFactory.getCompilationMXBean();
    long start = System.nanoTime();
    int from = 0;
    int quiet = 0;
    long seed = 1 << 20;
    for (long elapsed = 0; elapsed < LEAST_WARM_UP_NANOS || (quiet < 3 && elapsed < MOST_WARM_UP_NANOS); elapsed = System.nanoTime() - start) {
      long compiled = compiler.getTotalCompilationTime();
      long end = System.nanoTime() + 1_000_000_000;
      while (System.nanoTime() < end) {
        // It has numbers for so many keys only.
        if (workload.isUsedUp()) workload = new Workload(row, engine, keys);
        measured(row, workload, from, row.threads * WARM_UP_STEP, seed++);
        from = from + 2 * WARM_UP_STEP > keys / row.threads ? 0 : from + WARM_UP_STEP;
      }
      quiet = compiler.getTotalCompilationTime() - compiled <= QUIET_MILLIS ? quiet + 1 : 0;
    }
  }

  /**
   * Writing rows warm up on a small store of their own beside the measured one, which is deleted then. It is opened more than once, as the measured store will be opened: what the JVM takes for
   * impossible after one opening, such as a memtable that is the first, comes back with the next.
   */
  private static void warmUpBeside(String name, Row row, Path directory) throws Exception {
    Path beside = directory.resolveSibling(WARM_UP);
    Files.createDirectories(beside);
    int keys = Math.min(WARM_UP_KEYS, row.keys(1));
    for (int opening = 0; opening < WARM_UP_OPENINGS; opening++) {
      // Without syncs: at a few thousand operations a second the compiler would hardly begin.
      try (Engine engine = Engines.open(name, beside, false)) {
        if (row.load == Row.Load.KEYS) {
          for (int i = 0; i < keys; i++) engine.put(Data.key(i), Data.value(i, 0, row.valueBytes));
          engine.settle();
        }
        warmUp(row, engine, keys, new Workload(row, engine, keys));
        engine.settle();
      }
    }
    try (var files = Files.walk(beside)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
    }
  }

  private record Result(long operations, long nanos, long userBytes, Histogram latency) {}

  private static Result measured(Row row, Workload workload, int from, int operations, long seed) throws Exception {
    var stop = new AtomicBoolean();
    try (var pool = Executors.newCachedThreadPool()) {
      var writer = row == Row.READWHILEWRITING ? pool.submit(() -> {
        var random = new SplittableRandom(99);
        long bytes = 0;
        while (!stop.get()) bytes += workload.write(random);
        return bytes;
      }) : null;
      var tasks = new ArrayList<Callable<Result>>();
      int each = operations / row.threads;
      for (int t = 1; t < row.threads; t++) {
        int thread = t;
        tasks.add(() -> loop(workload, thread, new SplittableRandom(thread + seed), from, each));
      }
      long start = System.nanoTime();
      var others = tasks.stream().map(pool::submit).toList();
      Result own = loop(workload, 0, new SplittableRandom(seed), from, each);
      long userBytes = own.userBytes;
      for (var other : others) {
        userBytes += other.get().userBytes;
        own.latency.add(other.get().latency);
      }
      long nanos = System.nanoTime() - start;
      stop.set(true);
      if (writer != null) userBytes += writer.get();
      return new Result((long) each * row.threads, nanos, userBytes, own.latency);
    }
  }

  private static Result loop(Workload workload, int thread, SplittableRandom random, int from, int operations) {
    var latency = new Histogram(3);
    long userBytes = 0;
    long start = System.nanoTime();
    for (int i = from; i < from + operations; i += WARM_UP_STEP) {
      userBytes += steps(workload, thread, random, i, Math.min(from + operations, i + WARM_UP_STEP), latency);
    }
    return new Result(operations, System.nanoTime() - start, userBytes, latency);
  }

  /** As many operations as a step of the warm-up has: a longer loop than any before would be compiled in the middle of the measurement. */
  private static long steps(Workload workload, int thread, SplittableRandom random, int from, int to, Histogram latency) {
    long userBytes = 0;
    long before = System.nanoTime();
    for (int i = from; i < to; i++) {
      userBytes += workload.run(thread, i, random);
      long after = System.nanoTime();
      latency.recordValue(after - before);
      before = after;
    }
    return userBytes;
  }

  private static long cpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
  }

  /** What this process has given to the block layer so far, dirty pages included. */
  private static long writtenBytes() throws IOException {
    return field(Path.of("/proc/self/io"), "write_bytes:");
  }

  private static double peakRssBytes() throws IOException {
    return field(Path.of("/proc/self/status"), "VmHWM:") * 1024.0;
  }

  private static long field(Path file, String name) throws IOException {
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(name)) return Long.parseLong(line.substring(name.length()).replace("kB", "").trim());
    }
    return 0;
  }

  /** The sizes of all files, logs included. LMDB and others with sparse files show their nominal size. */
  private static long diskBytes(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> {
        try {
          return ((Number) Files.getAttribute(file, "unix:size")).longValue();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }).sum();
    }
  }
}
