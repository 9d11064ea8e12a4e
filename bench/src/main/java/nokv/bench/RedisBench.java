package nokv.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Measures the Redis front beside Debian's redis-server with redis-benchmark, in alternating rounds, the same durability on both sides. Both hold a million keys before, and NoKV has been at work
 * for a while, as servers have.
 */
@Command(name = "redis", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Measures NoKV beside redis-server: redis-benchmark with 50 clients, values of 100 B, a million keys. Needs Debian's redis-server and redis-tools.")
final class RedisBench implements Callable<Integer> {
  private static final List<String> ENGINES = List.of("nokv", "redis");
  private static final String CONNECTIONS = "connections:";
  private static final String PING = "*1\r\n$4\r\nPING\r\n";
  private static final int PRELOAD_PIPELINE = 64;
  private static final int PIPELINE_FACTOR = 8;
  /** From the end of a line of redis-benchmark's: requests a second, then the latencies average, least, p50, p95, p99, greatest, in milliseconds. */
  private static final int RATE_FROM_END = 7;
  private static final int P50_FROM_END = 4;
  private static final int P99_FROM_END = 2;

  @Option(names = "--sync", split = ",", defaultValue = "none,interval,always",
      description = "none = no log synced beside appendonly no; interval beside appendfsync everysec; always beside always (default: ${DEFAULT-VALUE})")
  private List<String> policies = List.of();

  @Option(names = "--rows", split = ",", defaultValue = "set:1,set:16,get:1,get:16,incr:1,lpush:1,hset:1,zadd:1,mset:1,connections:10000",
      description = "COMMAND:P = with P requests in a pipeline; connections:N = bytes of memory that N idle connections take (default: ${DEFAULT-VALUE})")
  private List<String> rows = List.of();

  @Option(names = "--rounds", defaultValue = "5", description = "rounds (default: ${DEFAULT-VALUE})")
  private int rounds;

  @Option(names = "--requests", defaultValue = "100000", description = "requests of a row without pipeline in a round; eight times as many with one (default: ${DEFAULT-VALUE})")
  private int requests;

  @Option(names = "--keys", defaultValue = "1000000", description = "keys set before (default: ${DEFAULT-VALUE})")
  private int keys;

  @Mixin private final ServerRuns runs = new ServerRuns();

  @Option(names = "--port", defaultValue = "21100", description = "the first of two ports that are used (default: ${DEFAULT-VALUE})")
  private int port;

  @Override public Integer call() throws Exception {
    return runs.run(ENGINES, (work, report) -> {
      for (String row : rows) if (row.startsWith(CONNECTIONS)) for (String engine : ENGINES) report.add(row, engine, connections(row, engine, work.resolve("connections")));
      List<String> loaded = rows.stream().filter(row -> !row.startsWith(CONNECTIONS)).toList();
      if (!loaded.isEmpty()) for (String policy : policies) measure(policy, loaded, work.resolve(policy), report);
    });
  }

  private void measure(String policy, List<String> loaded, Path work, Report report) throws Exception {
    var servers = new LinkedHashMap<String, Processes>();
    try {
      for (String engine : ENGINES) servers.put(engine, start(engine, policy, work.resolve(engine)));
      for (String engine : ENGINES) benchmark(engine, "set", PRELOAD_PIPELINE, keys);
      if (!policy.equals("always")) warmUp(loaded);
      for (String row : loaded) {
        String label = row + " " + policy;
        for (int round = 0; round < rounds; round++) for (var server : servers.entrySet()) report.add(label, server.getKey(), run(row, server.getKey(), server.getValue()));
        System.out.println(report.text(label));
      }
    } finally {
      servers.values().forEach(Processes::close);
    }
  }

  private Processes start(String engine, String policy, Path work) throws IOException, InterruptedException {
    var processes = new Processes(work);
    Files.createDirectories(work);
    try {
      if (engine.equals("redis")) {
        String append = policy.equals("none") ? "no" : "yes";
        String fsync = policy.equals("always") ? "always" : "everysec";
        processes.start(engine, new ProcessBuilder("redis-server", "--port", port(engine), "--dir", work.toString(), "--save", "", "--appendonly", append, "--appendfsync", fsync,
            "--maxclients", "20000"));
        processes.await(engine, "Ready to accept connections");
      } else {
        processes.start(engine, new ProcessBuilder(runs.home.resolve("bin/nokv-launcher").toAbsolutePath().toString(), "serve", "--workdir", work.resolve("data").toString(),
            "-Dengine.sync=" + policy, "-Dresp.listen_addr=127.0.0.1:" + port(engine), "-Dresp.max_connections=20000", "-Dmetrics.listen_addr=127.0.0.1:0"));
        processes.await(engine, "ready in");
      }
      return processes;
    } catch (Throwable e) {
      processes.close();
      throw e;
    }
  }

  private String port(String engine) {
    return Integer.toString(port + ENGINES.indexOf(engine));
  }

  private void warmUp(List<String> loaded) throws IOException, InterruptedException {
    for (String row : loaded) {
      String[] words = row.split(":");
      benchmark("nokv", words[0], Integer.parseInt(words[1]), requests(words[1]));
    }
  }

  private int requests(String pipeline) {
    return pipeline.equals("1") ? requests : PIPELINE_FACTOR * requests;
  }

  private Map<String, Double> run(String row, String engine, Processes server) throws IOException, InterruptedException {
    String[] words = row.split(":");
    if (words.length != 2) throw new IllegalStateException("no row named " + row + "; known are COMMAND:P and " + CONNECTIONS + "N");
    int operations = requests(words[1]);
    double before = server.cpuSeconds();
    String[] figures = benchmark(engine, words[0], Integer.parseInt(words[1]), operations);
    return Map.of("opsPerSecond", figure(figures, RATE_FROM_END), "p50Micros", 1e3 * figure(figures, P50_FROM_END), "p99Micros", 1e3 * figure(figures, P99_FROM_END),
        "cpuMicrosPerOp", 1e6 * (server.cpuSeconds() - before) / operations, "peakRssBytes", server.residentBytes());
  }

  private static double figure(String[] figures, int fromEnd) {
    return Double.parseDouble(figures[figures.length - fromEnd]);
  }

  /** The last line that redis-benchmark prints, in its columns. */
  private String[] benchmark(String engine, String command, int pipeline, int operations) throws IOException, InterruptedException {
    Process process = new ProcessBuilder("redis-benchmark", "-p", port(engine), "-c", "50", "-d", "100", "-r", Integer.toString(keys), "-n", Integer.toString(operations),
        "-P", Integer.toString(pipeline), "-t", command, "--csv").redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String last = "";
    try (var lines = process.inputReader()) {
      for (String line; (line = lines.readLine()) != null; ) if (!line.isBlank()) last = line;
    }
    String[] columns = last.replace("\"", "").split(",");
    if (process.waitFor() != 0 || columns.length <= RATE_FROM_END || columns[columns.length - RATE_FROM_END].equals("rps")) {
      throw new IllegalStateException("redis-benchmark -t " + command + " against " + engine + " failed: " + last);
    }
    return columns;
  }

  /** The memory that a server which has done nothing takes for so many connections, each of which has said something once. */
  private Map<String, Double> connections(String row, String engine, Path work) throws IOException, InterruptedException {
    int count = Integer.parseInt(row.substring(CONNECTIONS.length()));
    var open = new ArrayList<SocketChannel>();
    try (var server = start(engine, "none", work.resolve(engine))) {
      double before = server.residentBytes();
      var address = new InetSocketAddress("127.0.0.1", Integer.parseInt(port(engine)));
      var pong = ByteBuffer.allocate(64);
      for (int i = 0; i < count; i++) {
        var channel = SocketChannel.open(address);
        open.add(channel);
        channel.write(ByteBuffer.wrap(PING.getBytes(StandardCharsets.ISO_8859_1)));
        if (channel.read(pong.clear()) <= 0) throw new IllegalStateException(engine + " closed connection " + i);
      }
      double bytes = server.residentBytes() - before;
      System.out.println(String.format(Locale.ROOT, "%-17s  %s: %.1f MB more, %.0f MB in all", row, engine, bytes / 1e6, server.residentBytes() / 1e6));
      return Map.of("connectionsBytes", bytes, "peakRssBytes", server.residentBytes());
    } finally {
      for (SocketChannel channel : open) channel.close();
    }
  }
}
