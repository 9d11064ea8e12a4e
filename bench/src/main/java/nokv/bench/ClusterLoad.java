package nokv.bench;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.ConcurrentHistogram;

/**
 * Keeps a number of requests under way at a cluster: each that is answered is followed by the next. Every value read is checked, and of what was written, a sample at the end. Keys are spread
 * over the whole range, so over all regions.
 */
final class ClusterLoad {
  /** That are there before, to be read. */
  private static final int LOADED = 10_000;
  /** What puts write to. */
  private static final int KEYS = 1_000_000;
  private static final int VALUE_BYTES = 100;
  private static final int CHECKED = 500;
  private static final int PATIENCE_SECONDS = 30;

  private final Cluster cluster;
  /** By number, the version that was acknowledged last. */
  private final int[] versions = new int[KEYS];

  ClusterLoad(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Writes what is read later. */
  void load() throws InterruptedException {
    int inFlight = 256;
    drive(inFlight, 0, new Work() {
      @Override public CompletionStage<?> request(int slot, int round) {
        return put(slot + round * inFlight);
      }

      @Override public boolean goesOn(int round) {
        return round < LOADED / inFlight;
      }
    });
  }

  /** Measures a row. */
  Map<String, Double> run(boolean puts, int inFlight, double seconds) throws InterruptedException {
    var latency = new ConcurrentHistogram(3);
    double cpu = cluster.servers().cpuSeconds();
    long began = System.nanoTime();
    long end = began + (long) (seconds * 1e9);
    drive(inFlight, seconds, new Work() {
      @Override public CompletionStage<?> request(int slot, int round) {
        long at = System.nanoTime();
        // Two requests never write one key at the same time.
        int number = puts ? ThreadLocalRandom.current().nextInt(KEYS / inFlight) * inFlight + slot : ThreadLocalRandom.current().nextInt(LOADED / 256 * 256);
        return (puts ? put(number) : get(number)).thenAccept(done -> latency.recordValue(System.nanoTime() - at));
      }

      @Override public boolean goesOn(int round) {
        return System.nanoTime() < end;
      }
    });
    double nanos = System.nanoTime() - began;
    cpu = cluster.servers().cpuSeconds() - cpu;
    if (puts) verify();
    var figures = new TreeMap<String, Double>();
    figures.put("opsPerSecond", latency.getTotalCount() * 1e9 / nanos);
    figures.put("p50Micros", latency.getValueAtPercentile(50) / 1e3);
    figures.put("p99Micros", latency.getValueAtPercentile(99) / 1e3);
    figures.put("p999Micros", latency.getValueAtPercentile(99.9) / 1e3);
    figures.put("cpuMicrosPerOp", cpu * 1e6 / latency.getTotalCount());
    figures.put("peakRssBytes", cluster.servers().residentBytes());
    return figures;
  }

  private CompletionStage<?> put(int number) {
    int version = versions[number] + 1;
    return cluster.put(key(number), Data.value(number, version, VALUE_BYTES)).thenAccept(done -> versions[number] = version);
  }

  private CompletionStage<?> get(int number) {
    return cluster.get(key(number)).thenAccept(value -> {
      long version = Data.check(number, value, VALUE_BYTES);
      if (version != versions[number]) throw new IllegalStateException("key " + number + " has version " + version + ", and " + versions[number] + " was acknowledged");
    });
  }

  private static byte[] key(int number) {
    return Data.key(Data.mix(number));
  }

  private void verify() throws InterruptedException {
    var random = new SplittableRandom(7);
    var written = random.ints(50L * CHECKED, 0, KEYS).filter(number -> versions[number] > 0).limit(CHECKED).toArray();
    drive(1, 0, new Work() {
      @Override public CompletionStage<?> request(int slot, int round) {
        return get(written[round]);
      }

      @Override public boolean goesOn(int round) {
        return round < written.length;
      }
    });
  }

  private interface Work {
    CompletionStage<?> request(int slot, int round);

    boolean goesOn(int round);
  }

  private static void drive(int inFlight, double seconds, Work work) throws InterruptedException {
    var over = new CountDownLatch(inFlight);
    var failure = new AtomicReference<Throwable>();
    for (int slot = 0; slot < inFlight; slot++) next(work, slot, 0, over, failure);
    if (!over.await((long) seconds + PATIENCE_SECONDS, TimeUnit.SECONDS)) failure.compareAndSet(null, new IllegalStateException("requests have no answer after " + PATIENCE_SECONDS + " s"));
    Throwable first = failure.get();
    if (first != null) throw new IllegalStateException(first instanceof CompletionException && first.getCause() != null ? first.getCause() : first);
  }

  private static void next(Work work, int slot, int round, CountDownLatch over, AtomicReference<Throwable> failure) {
    if (failure.get() != null || !work.goesOn(round)) {
      over.countDown();
      return;
    }
    work.request(slot, round).whenComplete((done, error) -> {
      if (error != null) failure.compareAndSet(null, error);
      next(work, slot, round + 1, over, failure);
    });
  }
}
