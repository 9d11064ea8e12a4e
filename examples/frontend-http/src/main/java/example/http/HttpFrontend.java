package example.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import nokv.api.ColumnFamily;
import nokv.api.ConfigException;
import nokv.api.KvStore;
import nokv.api.WriteBatch;
import nokv.spi.Environment;
import nokv.spi.Options;
import nokv.spi.ProtocolFrontend;

/**
 * {@code GET}, {@code PUT} and {@code DELETE} of {@code /kv/KEY}. The store is only called in its non-blocking forms; the answer is written when the stage completes,
 * on the environment's I/O executor, so that a slow client never holds up a thread of the store.
 */
final class HttpFrontend implements ProtocolFrontend {
  private static final String PATH = "/kv/";

  private record Answer(int status, byte[] body) {}

  private final Environment environment;
  private final KvStore store;
  private final long maxValue;
  private final HttpServer server;
  private final LongAdder requests = new LongAdder();

  HttpFrontend(Environment environment, Options options, KvStore store) {
    this.environment = environment;
    this.store = store;
    maxValue = options.size("max_value");
    String address = options.text("listen_addr");
    int colon = address.lastIndexOf(':');
    try {
      server = HttpServer.create(new InetSocketAddress(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))), 0);
    } catch (IOException e) {
      throw new ConfigException("http.listen_addr " + address + " cannot be listened on: " + e.getMessage(), e);
    }
    server.createContext(PATH, this::handle);
    server.setExecutor(environment.io());
    server.start();
  }

  private void handle(HttpExchange exchange) {
    requests.increment();
    try {
      answer(exchange).handleAsync((answer, failure) -> {
        send(exchange, failure == null ? answer : new Answer(500, (failure.getMessage() + "\n").getBytes(StandardCharsets.UTF_8)));
        return null;
      }, environment.io());
    } catch (IOException e) {
      exchange.close();
    }
  }

  private CompletionStage<Answer> answer(HttpExchange exchange) throws IOException {
    byte[] key = exchange.getRequestURI().getPath().substring(PATH.length()).getBytes(StandardCharsets.UTF_8);
    switch (exchange.getRequestMethod()) {
      case "GET" -> {
        return store.getAsync(ColumnFamily.DEFAULT, key).thenApply(value -> value == null ? new Answer(404, new byte[0]) : new Answer(200, value));
      }
      case "PUT" -> {
        byte[] value = exchange.getRequestBody().readNBytes((int) Math.min(maxValue + 1, Integer.MAX_VALUE));
        if (value.length > maxValue) return done(413);
        return store.writeAsync(new WriteBatch().put(key, value)).thenApply(version -> new Answer(204, new byte[0]));
      }
      case "DELETE" -> {
        return store.writeAsync(new WriteBatch().delete(key)).thenApply(version -> new Answer(204, new byte[0]));
      }
      default -> {
        return done(405);
      }
    }
  }

  private static CompletionStage<Answer> done(int status) {
    return CompletableFuture.completedStage(new Answer(status, new byte[0]));
  }

  private static void send(HttpExchange exchange, Answer answer) {
    try (exchange) {
      exchange.sendResponseHeaders(answer.status, answer.body.length == 0 ? -1 : answer.body.length);
      if (answer.body.length > 0) exchange.getResponseBody().write(answer.body);
    } catch (IOException e) {
      // the client went away; there is nobody to tell
    }
  }

  @Override public SocketAddress address() {
    return server.getAddress();
  }

  @Override public Map<String, Object> stats() {
    return Map.of("http", Map.of("requests", requests.sum()));
  }

  @Override public void close() {
    server.stop(1);
  }
}
