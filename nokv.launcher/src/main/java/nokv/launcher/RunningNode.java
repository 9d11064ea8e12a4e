package nokv.launcher;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import nokv.api.LockedException;
import nokv.api.UnavailableException;
import nokv.launcher.metrics.MetricsOptions;
import nokv.spi.NodeConfig;

/** A node that another process runs, asked through its admin endpoint. */
final class RunningNode {
  private static final int CONNECT_MILLIS = 10_000;
  /** A checkpoint waits for a flush. */
  private static final int ANSWER_MILLIS = 300_000;

  private final String address;
  private final LockedException running;

  /** @param running why the directory cannot be opened */
  RunningNode(NodeConfig config, LockedException running) {
    this.address = MetricsOptions.of(config).text("listen_addr");
    this.running = running;
  }

  Map<String, Object> stats() {
    return ask("GET", "/stats");
  }

  /** Has it make a checkpoint of this name; where that is. */
  String checkpoint(String name) {
    return String.valueOf(ask("POST", "/checkpoint?name=" + name).get("directory"));
  }

  private Map<String, Object> ask(String method, String page) {
    try {
      var connection = (HttpURLConnection) URI.create("http://" + address + page).toURL().openConnection();
      connection.setRequestMethod(method);
      connection.setConnectTimeout(CONNECT_MILLIS);
      connection.setReadTimeout(ANSWER_MILLIS);
      boolean good = connection.getResponseCode() < HttpURLConnection.HTTP_BAD_REQUEST;
      try (InputStream answer = good ? connection.getInputStream() : connection.getErrorStream()) {
        String text = answer == null ? "" : new String(answer.readAllBytes(), StandardCharsets.UTF_8);
        if (!good) throw new UnavailableException("the running node (" + address + ") refused " + page + ": " + text.strip());
        return ConfigFactory.parseString(text).root().unwrapped();
      }
    } catch (IOException | IllegalArgumentException | ConfigException e) {
      throw new UnavailableException("a running node holds the directory (" + running.getMessage() + "), and its admin endpoint does not answer on " + address
          + "; say where it is with -Dmetrics.listen_addr=HOST:PORT: " + e.getMessage());
    }
  }
}
