package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every command's replies and errors, byte for byte, as a real Redis 7.0.15 gave them: files of {@code command}, {@code ----}, reply. A chapter begins with
 * {@code ==== name}, on a new connection and no keys. {@code raw:} sends bytes as they are; an empty reply means that the connection was closed.
 *
 * <p>To record anew, run a Redis and the test with {@code -Dtest.argLine=-Dnokv.redis=PORT}, and look at the diff. A line {@code # differs} keeps the reply below it.
 */
final class ConversationTest {
  private static final Path FOLDER = Path.of("src/test/resources/nokv/protocol/resp");
  private static Served served;

  @BeforeAll static void start() {
    served = Served.onMemory();
  }

  @AfterAll static void stop() {
    served.close();
  }

  static Stream<String> files() throws IOException {
    try (var files = Files.list(FOLDER)) {
      return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".txt")).sorted().toList().stream();
    }
  }

  @ParameterizedTest @MethodSource("files")
  void repliesAreThoseOfRedis(String file) throws IOException {
    String redis = System.getProperty("nokv.redis");
    String recorded = Files.readString(FOLDER.resolve(file), StandardCharsets.UTF_8);
    if (redis != null) {
      recorded = talk(recorded, new InetSocketAddress("127.0.0.1", Integer.parseInt(redis)), true);
      Files.writeString(FOLDER.resolve(file), recorded, StandardCharsets.UTF_8);
    }
    String said = talk(recorded, served.address(), false);
    Files.writeString(Files.createDirectories(Path.of("target/conversations")).resolve(file), said, StandardCharsets.UTF_8);
    assertEquals(recorded, said, "compare target/conversations/" + file);
  }

  /** The file with every reply replaced by what this server says. */
  private static String talk(String file, SocketAddress server, boolean keepDifferences) throws IOException {
    var out = new ArrayList<String>();
    List<String> lines = file.lines().toList();
    RawClient client = null;
    boolean keep = false;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      out.add(line);
      if (line.startsWith("====")) {
        if (client != null) client.close();
        client = new RawClient(server);
        client.call("FLUSHALL");
      } else if (line.startsWith("#")) {
        keep = keepDifferences && line.startsWith("# differs");
      } else if (!line.isEmpty()) {
        String reply = line.startsWith("raw:") ? raw(client, line.substring(4)) : client.call(line);
        out.add("----");
        int next = i + 1;
        if (next < lines.size() && lines.get(next).equals("----")) next += 2;
        out.add(keep ? lines.get(next - 1) : show(reply));
        keep = false;
        i = next - 1;
      }
    }
    if (client != null) client.close();
    return String.join("\n", out) + "\n";
  }

  private static String raw(RawClient client, String escaped) throws IOException {
    client.send(escaped.replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0"));
    return client.reply();
  }

  private static String show(String reply) {
    var shown = new StringBuilder();
    for (char c : reply.toCharArray()) {
      switch (c) {
        case '\r' -> shown.append("\\r");
        case '\n' -> shown.append("\\n");
        case '\\' -> shown.append("\\\\");
        default -> {
          if (c < ' ' || c > '~') shown.append(String.format("\\x%02x", (int) c));
          else shown.append(c);
        }
      }
    }
    return shown.toString().replaceAll("(\\$2\\\\r\\\\nid\\\\r\\\\n:)\\d+", "$1N");
  }
}
