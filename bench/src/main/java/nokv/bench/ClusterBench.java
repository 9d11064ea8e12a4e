package nokv.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Measures clusters of three servers on this machine, in alternating rounds. All of them have been at work for a while before, as servers have: with one request in flight a compiler that
 * counts calls would still be busy after minutes.
 */
@Command(name = "cluster", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Measures a cluster of three stores beside etcd's: durable puts and linearizable reads of 100 B. A miss or a wrong value fails the run.")
final class ClusterBench implements Callable<Integer> {
  private static final String IDLE = "idle";
  private static final int IDLE_REGIONS = 100;
  /** Until regions are asleep. */
  private static final int SETTLE_SECONDS = 15;
  private static final int WARM_UP_IN_FLIGHT = 64;
  private static final int PORTS_EACH = 10;

  @Option(names = "--engines", split = ",", defaultValue = "nokv,etcd,nokv-4", description = "nokv, etcd, nokv-N = with N regions (default: ${DEFAULT-VALUE})")
  private List<String> engines = List.of();

  @Option(names = "--rows", split = ",", defaultValue = "put:1,put:64,put:512,get:1,get:64,get:512,idle",
      description = "put:N and get:N = with N in flight; idle = the processor time of 100 regions at rest (default: ${DEFAULT-VALUE})")
  private List<String> rows = List.of();

  @Option(names = "--rounds", defaultValue = "3", description = "rounds (default: ${DEFAULT-VALUE})")
  private int rounds;

  @Option(names = "--seconds", defaultValue = "4", description = "how long a row is measured in a round (default: ${DEFAULT-VALUE})")
  private double seconds;

  @Option(names = "--warm-up", defaultValue = "10", description = "how long each cluster is put and read before (default: ${DEFAULT-VALUE})")
  private double warmUp;

  @Mixin private final ServerRuns runs = new ServerRuns();

  @Option(names = "--port", defaultValue = "21000", description = "the first of the ports that are used (default: ${DEFAULT-VALUE})")
  private int port;

  @Override public Integer call() throws Exception {
    return runs.run(engines, (work, report) -> {
      var loaded = new ArrayList<>(rows);
      if (loaded.remove(IDLE)) idle(work, report);
      if (!loaded.isEmpty()) measure(loaded, work, report);
    });
  }

  private void measure(List<String> loaded, Path work, Report report) throws Exception {
    var clusters = new LinkedHashMap<String, Cluster>();
    try {
      var loads = new LinkedHashMap<String, ClusterLoad>();
      for (String engine : engines) {
        var cluster = open(engine, work.resolve(engine));
        clusters.put(engine, cluster);
        var load = new ClusterLoad(cluster);
        load.load();
        for (boolean puts : new boolean[] {true, false}) load.run(puts, WARM_UP_IN_FLIGHT, warmUp / 2);
        loads.put(engine, load);
      }
      for (String row : loaded) {
        boolean puts = row.startsWith("put:");
        if (!puts && !row.startsWith("get:")) throw new IllegalStateException("no row named " + row + "; known are put:N, get:N and " + IDLE);
        int inFlight = Integer.parseInt(row.substring(4));
        for (int round = 0; round < rounds; round++) for (var load : loads.entrySet()) report.add(row, load.getKey(), load.getValue().run(puts, inFlight, seconds));
        System.out.println(report.text(row));
      }
    } finally {
      for (Cluster cluster : clusters.values()) cluster.close();
    }
  }

  private void idle(Path work, Report report) throws Exception {
    String engine = "nokv-" + IDLE_REGIONS;
    try (var cluster = open(engine, work.resolve(engine))) {
      TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
      double before = cluster.servers().cpuSeconds();
      long began = System.nanoTime();
      TimeUnit.MILLISECONDS.sleep((long) (2 * seconds * 1e3));
      double percent = (cluster.servers().cpuSeconds() - before) * 1e11 / (System.nanoTime() - began);
      report.add(IDLE, engines.getFirst(), Map.of("cpuPercent", percent));
      System.out.println(String.format(Locale.ROOT, "%-17s  %d regions, three stores and the timestamp service: %.1f %% of one processor", IDLE, IDLE_REGIONS, percent));
    }
  }

  /** Ports are given by the engine's place, so that all can run beside each other. */
  private Cluster open(String engine, Path directory) throws Exception {
    int first = port + PORTS_EACH * Math.max(0, engines.indexOf(engine));
    return switch (engine) {
      case "etcd" -> new EtcdCluster(directory, first);
      case "nokv" -> new NoKvCluster(runs.home.toAbsolutePath(), directory, first, 1);
      default -> {
        if (!engine.matches("nokv-\\d+")) throw new IllegalStateException("no engine named " + engine + "; known are nokv, nokv-N and etcd");
        yield new NoKvCluster(runs.home.toAbsolutePath(), directory, first, Integer.parseInt(engine.substring("nokv-".length())));
      }
    };
  }
}
