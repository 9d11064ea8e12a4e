package nokv.launcher.it;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;

/** A process started with the distribution's start script, as a user starts it. Its ports are free ones, read from the line that says it is ready. */
final class Server implements AutoCloseable {
  static final Path DISTRIBUTION = Path.of(System.getProperty("nokv.distribution", "target/nokv")).toAbsolutePath();
  private static final int PATIENCE_SECONDS = 60;
  private static final Pattern PORT = Pattern.compile("(\\w+) on (?:http://)?127\\.0\\.0\\.1:(\\d+)");

  /** What a command that ended has left. */
  record Ended(int code, String out, String errors) {}

  private final Process process;
  private final Path errors;
  private final String readyLine;

  private Server(Process process, Path errors, String readyLine) {
    this.process = process;
    this.errors = errors;
    this.readyLine = readyLine;
  }

  /** Starts {@code serve} on a directory and waits until it is ready. */
  static Server start(Path directory, String... more) throws IOException {
    return start(DISTRIBUTION, Map.of(), directory, more);
  }

  static Server start(Path distribution, Map<String, String> environment, Path directory, String... more) throws IOException {
    var arguments = new ArrayList<>(List.of("serve", "--workdir", directory.toString(), "-Dresp.listen_addr=127.0.0.1:0", "-Dmetrics.listen_addr=127.0.0.1:0"));
    arguments.addAll(List.of(more));
    return launch(distribution, environment, arguments);
  }

  /** Starts whatever the arguments say and waits until it is ready. */
  static Server launch(Path distribution, Map<String, String> environment, List<String> arguments) throws IOException {
    Path errors = Files.createTempFile("nokv-it", ".err");
    errors.toFile().deleteOnExit();
    Process process = process(distribution, environment, arguments).redirectError(errors.toFile()).start();
    var log = new StringBuilder();
    var reader = process.inputReader(StandardCharsets.UTF_8);
    for (String line; (line = reader.readLine()) != null; ) {
      log.append(line).append('\n');
      if (!line.startsWith("nokv: ready")) continue;
      Thread.ofVirtual().start(() -> drain(reader));
      return new Server(process, errors, line);
    }
    return fail("the server ended before it was ready\n" + log + Files.readString(errors));
  }

  private static void drain(java.io.BufferedReader reader) {
    try {
      while (reader.readLine() != null) continue;
    } catch (IOException e) {
      // the process is gone
    }
  }

  /** Runs a command to its end. */
  static Ended run(String... arguments) throws IOException, InterruptedException {
    return run(DISTRIBUTION, List.of(arguments));
  }

  static Ended run(Path distribution, List<String> arguments) throws IOException, InterruptedException {
    Path out = Files.createTempFile("nokv-it", ".out");
    Path errors = Files.createTempFile("nokv-it", ".err");
    Process process = process(distribution, Map.of(), arguments).redirectOutput(out.toFile()).redirectError(errors.toFile()).start();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      fail(arguments + " did not end\n" + Files.readString(out) + Files.readString(errors));
    }
    var ended = new Ended(process.exitValue(), Files.readString(out), Files.readString(errors));
    Files.delete(out);
    Files.delete(errors);
    return ended;
  }

  private static ProcessBuilder process(Path distribution, Map<String, String> environment, List<String> arguments) {
    var command = new ArrayList<>(List.of(distribution.resolve("bin/nokv-launcher").toString()));
    command.addAll(arguments);
    var builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("NOKV_") || name.equals("JAVA_OPTS") || name.equals("JAVA_TOOL_OPTIONS"));
    builder.environment().putAll(environment);
    return builder;
  }

  /** The port of what has this name in the line that says ready, such as {@code resp} or {@code admin}. */
  int port(String name) {
    Matcher matcher = PORT.matcher(readyLine);
    while (matcher.find()) if (matcher.group(1).equals(name)) return Integer.parseInt(matcher.group(2));
    return fail(name + " does not listen: " + readyLine);
  }

  /** Milliseconds from the start of the process until it was ready, as it says itself. */
  long readyMillis() {
    Matcher matcher = Pattern.compile("ready in (\\d+)\\.(\\d\\d) s").matcher(readyLine);
    assertTrue(matcher.find(), readyLine);
    return Long.parseLong(matcher.group(1)) * 1000 + Long.parseLong(matcher.group(2)) * 10;
  }

  Jedis client() {
    var config = DefaultJedisClientConfig.builder().timeoutMillis(PATIENCE_SECONDS * 1000).autoNegotiateProtocol(false).build();
    return new Jedis(new HostAndPort("127.0.0.1", port("resp")), config);
  }

  String get(String page) throws IOException {
    return http("GET", "admin", page, null).body;
  }

  record Reply(int status, String body) {}

  Reply http(String method, String server, String page, byte[] body) throws IOException {
    var connection = (HttpURLConnection) URI.create("http://127.0.0.1:" + port(server) + page).toURL().openConnection();
    connection.setRequestMethod(method);
    connection.setReadTimeout(PATIENCE_SECONDS * 1000);
    if (body != null) {
      connection.setDoOutput(true);
      connection.getOutputStream().write(body);
    }
    int status = connection.getResponseCode();
    try (var stream = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
      return new Reply(status, stream == null ? "" : new String(stream.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly();
    exitCode();
  }

  /** SIGTERM; the exit code. */
  int terminate() {
    process.destroy();
    return exitCode();
  }

  /** Waits for the end. */
  int exitCode() {
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        fail("the server did not end");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return process.exitValue();
  }

  /** What it has started, and what that has, by the arguments they were started with. */
  ProcessHandle child(String argument) {
    return process.descendants().filter(each -> arguments(each).contains(argument)).findFirst().orElseThrow(() -> new AssertionError("no child was started with " + argument));
  }

  private static List<String> arguments(ProcessHandle handle) {
    try {
      return List.of(Files.readString(Path.of("/proc", String.valueOf(handle.pid()), "cmdline"), StandardCharsets.ISO_8859_1).split("\0"));
    } catch (IOException e) {
      return List.of();
    }
  }

  boolean running() {
    return process.isAlive();
  }

  String errors() {
    try {
      return Files.readString(errors);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override public void close() {
    if (process.isAlive()) kill();
  }
}
