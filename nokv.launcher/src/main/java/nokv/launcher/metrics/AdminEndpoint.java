package nokv.launcher.metrics;

import com.codahale.metrics.MetricRegistry;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import nokv.api.ConfigException;
import nokv.api.InvalidArgumentException;
import nokv.api.NoKVException;
import nokv.launcher.Json;
import nokv.spi.NodeConfig;
import nokv.spi.Oracle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin endpoint: {@code /health}, {@code /metrics} (Prometheus text), {@code /stats} and {@code /tso?batch=N} (JSON) over HTTP, and
 * {@code POST /checkpoint?name=N}, which makes one inside the node's directory; without access control. It listens before
 * the node is open; {@code /health} then says 503 and {@code starting}.
 */
public final class AdminEndpoint implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger("nokv.admin");
  private static final Pattern BATCH = Pattern.compile("batch=(\\d{1,6})");
  private static final int MAX_BATCH = 10_000;
  private static final int THREADS = 2;
  private static final int WAITING_REQUESTS = 64;

  /** A node that is up: its figures, and a probe that throws where it does not work. */
  private record Up(Supplier<Map<String, Object>> stats, Runnable probe) {}

  private record Answer(int status, String type, String body) {
    static Answer json(int status, Map<String, Object> tree) {
      return new Answer(status, "application/json", Json.write(tree) + "\n");
    }

    static Answer text(int status, String body) {
      return new Answer(status, "text/plain; charset=utf-8", body);
    }
  }

  private final HttpServer server;
  private final ThreadPoolExecutor threads;
  private final MetricRegistry registry;
  private volatile @Nullable Up up;
  private volatile @Nullable Oracle oracle;
  private volatile @Nullable UnaryOperator<String> checkpoints;

  private AdminEndpoint(HttpServer server, MetricRegistry registry) {
    this.server = server;
    this.registry = registry;
    threads = new ThreadPoolExecutor(THREADS, THREADS, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING_REQUESTS),
        Thread.ofPlatform().name("nokv-admin-", 0).daemon().factory(), new ThreadPoolExecutor.CallerRunsPolicy());
  }

  /** Starts to listen where {@code metrics.listen_addr} says. @throws ConfigException it cannot, saying why */
  public static AdminEndpoint open(NodeConfig config, MetricRegistry registry) {
    String address = MetricsOptions.of(config).text("listen_addr");
    int colon = address.lastIndexOf(':');
    HttpServer server;
    try {
      InetAddress host = InetAddress.getByName(address.substring(0, colon));
      server = HttpServer.create(new InetSocketAddress(host, Integer.parseInt(address.substring(colon + 1))), WAITING_REQUESTS);
    } catch (IOException e) {
      throw new ConfigException(config.source() + ": metrics.listen_addr " + address + " cannot be listened on (" + e.getMessage()
          + "); is another node running? Choose another address or stop what uses it");
    }
    var endpoint = new AdminEndpoint(server, registry);
    server.createContext("/", endpoint::answer);
    server.setExecutor(endpoint.threads);
    server.start();
    return endpoint;
  }

  /** From now on {@code /tso} gives timestamps. */
  public void oracle(Oracle source) {
    oracle = source;
  }

  /** From now on checkpoints are made: given a name, {@code make} tells the directory. */
  public void checkpoints(UnaryOperator<String> make) {
    checkpoints = make;
  }

  /** From now on the node is up. */
  public void ready(Supplier<Map<String, Object>> stats, Runnable probe) {
    up = new Up(stats, probe);
  }

  /** {@code host:port}, the port resolved. */
  public String address() {
    return text(server.getAddress());
  }

  /** {@code host:port} of a socket, IPv6 in brackets. */
  public static String text(SocketAddress address) {
    if (!(address instanceof InetSocketAddress inet)) return address.toString();
    String host = inet.getAddress() == null ? inet.getHostString() : inet.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + inet.getPort();
  }

  private void answer(HttpExchange exchange) {
    try (exchange) {
      Answer answer = answerTo(exchange);
      byte[] body = answer.body.getBytes(StandardCharsets.UTF_8);
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.getResponseHeaders().set("Content-Type", answer.type);
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      exchange.sendResponseHeaders(answer.status, head ? -1 : body.length);
      if (!head) exchange.getResponseBody().write(body);
    } catch (IOException e) {
      LOG.debug("a client of the admin endpoint went away", e);
    }
  }

  private Answer answerTo(HttpExchange exchange) {
    String method = exchange.getRequestMethod();
    if (method.equals("POST") && exchange.getRequestURI().getPath().equals("/checkpoint")) return checkpoint(exchange.getRequestURI().getQuery());
    if (!method.equals("GET") && !method.equals("HEAD")) {
      exchange.getResponseHeaders().set("Allow", "GET, HEAD");
      return Answer.text(405, "only GET and HEAD\n");
    }
    try {
      return switch (exchange.getRequestURI().getPath()) {
        case "/health" -> health();
        case "/metrics" -> new Answer(200, PrometheusText.CONTENT_TYPE, PrometheusText.write(registry));
        case "/stats" -> stats();
        case "/tso" -> timestamps(exchange.getRequestURI().getQuery());
        default -> Answer.text(404, "there are /health, /metrics, /stats, /tso and, by POST, /checkpoint\n");
      };
    } catch (RuntimeException e) {
      LOG.warn("{} failed", exchange.getRequestURI().getPath(), e);
      return Answer.text(500, e.getMessage() + "\n");
    }
  }

  private Answer stats() {
    Up node = up;
    return node == null ? Answer.text(503, "starting\n") : Answer.json(200, node.stats.get());
  }

  /** {@code batch=N}: that many timestamps, each greater than the one before. */
  private Answer timestamps(@Nullable String query) {
    Oracle source = oracle;
    if (source == null) return Answer.text(503, "this process has no oracle, or has not opened it yet\n");
    Matcher batch = BATCH.matcher(query == null ? "batch=1" : query);
    int count = batch.matches() ? Integer.parseInt(batch.group(1)) : 0;
    if (count < 1 || count > MAX_BATCH) return Answer.text(400, "the query is " + query + ", expected batch=N with N from 1 to " + MAX_BATCH + "\n");
    var asked = new ArrayList<CompletableFuture<Long>>(count);
    for (int i = 0; i < count; i++) asked.add(source.next().toCompletableFuture());
    try {
      var given = asked.stream().map(CompletableFuture::join).sorted().toList();
      return Answer.json(200, Map.of("timestamps", given));
    } catch (CompletionException e) {
      return Answer.text(503, (e.getCause() == null ? e : e.getCause()).getMessage() + "\n");
    }
  }

  /** {@code name=N}. */
  private Answer checkpoint(@Nullable String query) {
    UnaryOperator<String> make = checkpoints;
    if (make == null) return Answer.text(503, "this process has no store of its own, or has not opened it yet\n");
    if (query == null || !query.startsWith("name=")) return Answer.text(400, "the query is " + query + ", expected name=N\n");
    try {
      return Answer.json(200, Map.of("directory", make.apply(query.substring("name=".length()))));
    } catch (InvalidArgumentException e) {
      return Answer.text(400, e.getMessage() + "\n");
    } catch (NoKVException e) {
      return Answer.text(503, e.getMessage() + "\n");
    }
  }

  private Answer health() {
    Up node = up;
    var health = new LinkedHashMap<String, Object>();
    if (node == null) {
      health.put("status", "starting");
      return Answer.json(503, health);
    }
    try {
      node.probe.run();
    } catch (RuntimeException e) {
      health.put("status", "failed");
      health.put("cause", String.valueOf(e.getMessage()));
      return Answer.json(503, health);
    }
    if (readOnly(node.stats.get())) {
      health.put("status", "read-only");
      health.put("cause", "an earlier failure of the disk; see the log, then start the node again");
      return Answer.json(503, health);
    }
    health.put("status", "ok");
    return Answer.json(200, health);
  }

  /** Whether any part says so of itself. */
  private static boolean readOnly(Map<String, Object> stats) {
    return stats.values().stream().anyMatch(group -> group instanceof Map<?, ?> figures && Boolean.TRUE.equals(figures.get("read_only")));
  }

  @Override public void close() {
    up = null;
    server.stop(0);
    threads.shutdownNow();
  }
}
