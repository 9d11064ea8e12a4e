package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Goal: what operators have at hand works unchanged. Method: Debian's redis-cli, redis-benchmark and python3-redis as processes against a server. Where one is not installed its test is skipped,
 * unless the environment variable {@code NOKV_CLIENTS} is {@code required}.
 */
final class ToolsTest {
  private static final int PATIENCE_SECONDS = 60;

  private static void installed(boolean is, String what) {
    if (!is && "required".equals(System.getenv("NOKV_CLIENTS"))) fail(what + " is not installed");
    Assumptions.assumeTrue(is, what + " is not installed");
  }

  private static String tool(String name) {
    String path = "/usr/bin/" + name;
    installed(Files.isExecutable(Path.of(path)), name);
    return path;
  }

  private static String port(Served served) {
    return String.valueOf(((InetSocketAddress) served.address()).getPort());
  }

  /** What a command says on its standard output, both streams if it fails. */
  private static String run(byte[] input, String... command) throws IOException, InterruptedException {
    Path errors = Files.createTempFile("nokv-tool", ".err");
    Path output = Files.createTempFile("nokv-tool", ".out");
    try {
      Process process = new ProcessBuilder(command).redirectError(errors.toFile()).redirectOutput(output.toFile()).start();
      try (var in = process.getOutputStream()) {
        in.write(input);
      }
      boolean over = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (!over) process.destroyForcibly();
      String said = Files.readString(output);
      assertTrue(over && process.exitValue() == 0, () -> Arrays.toString(command) + ": " + said + " " + text(errors));
      assertEquals("", Files.readString(errors), Arrays.toString(command));
      return said;
    } finally {
      Files.delete(errors);
      Files.delete(output);
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String cli(Served served, String input, String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of(tool("redis-cli"), "-p", port(served)));
    command.addAll(List.of(arguments));
    return run(input.getBytes(StandardCharsets.UTF_8), command.toArray(String[]::new));
  }

  @Test void redisCliWorks() throws Exception {
    try (var served = Served.onMemory()) {
      assertEquals("OK\n", cli(served, "", "SET", "k", "v"));
      assertEquals("PONG\nv\nOK\nQUEUED\nQUEUED\n1\n2\n", cli(served, "PING\nGET k\nMULTI\nINCR n\nINCR n\nEXEC\n"));
      assertEquals("7\n", cli(served, "", "--eval", script("return redis.call('INCRBY', KEYS[1], ARGV[1])"), "n", ",", "5"));
      assertEquals("\u0000\u0001 \n\n", cli(served, "\u0000\u0001 \n", "-x", "ECHO"));
      cli(served, "", "HSET", "h", "f", "1");
      assertEquals("1# \"f\" => \"1\"\n", cli(served, "", "-3", "--no-raw", "HGETALL", "h"));
      assertTrue(cli(served, "", "--bigkeys").contains("Sampled 3 keys in the keyspace!"));
    }
  }

  private static String script(String lua) throws IOException {
    Path file = Files.createTempFile("nokv", ".lua");
    file.toFile().deleteOnExit();
    return Files.writeString(file, lua).toString();
  }

  @Test void redisCliLoadsInBulkAndScans() throws Exception {
    try (var served = Served.onMemory()) {
      var load = new StringBuilder();
      for (int i = 0; i < 10_000; i++) load.append("*3\r\n$3\r\nSET\r\n$6\r\nk").append(10_000 + i).append("\r\n$1\r\nv\r\n");
      assertTrue(cli(served, load.toString(), "--pipe").contains("errors: 0, replies: 10000"));
      assertEquals(100, cli(served, "", "--scan", "--pattern", "k123*").lines().filter(line -> line.matches("k123\\d\\d")).distinct().count());
    }
  }

  /** Every test that redis-benchmark has, in pipelines and without. */
  @Test void redisBenchmarkRunsEveryOneOfItsTests() throws Exception {
    for (String pipeline : List.of("1", "16")) {
      try (var served = Served.onMemory()) {
        String said = run(new byte[0], tool("redis-benchmark"), "-p", port(served), "-n", "2000", "-c", "20", "-r", "1000", "-P", pipeline, "--csv");
        assertEquals(List.of("PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP", "SADD", "HSET", "SPOP", "ZADD", "ZPOPMIN", "LPUSH", "LRANGE_100", "LRANGE_300",
            "LRANGE_500", "LRANGE_600", "MSET"), tests(said), said);
      }
    }
  }

  /** Their names, without what stands in brackets. */
  private static List<String> tests(String csv) {
    return csv.lines().skip(1).map(line -> line.substring(1).split("[ \"]")[0]).toList();
  }

  @Test void pythonsClientWorks() throws Exception {
    String python = tool("python3");
    boolean redis = new ProcessBuilder(python, "-c", "import redis").redirectErrorStream(true).start().waitFor() == 0;
    installed(redis, "python3-redis");
    try (var served = Served.onMemory(); InputStream program = Objects.requireNonNull(ToolsTest.class.getResourceAsStream("client.py"))) {
      assertEquals("all is well\n", run(program.readAllBytes(), python, "-", port(served)));
    }
  }
}
