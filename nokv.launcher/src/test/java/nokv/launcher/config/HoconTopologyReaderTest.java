package nokv.launcher.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nokv.api.ConfigException;
import nokv.spi.Keys;
import nokv.spi.NodeConfig;
import nokv.spi.PluginRegistry;
import nokv.spi.VfsProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HoconTopologyReaderTest {
  private static final PluginRegistry PLUGINS = PluginRegistry.installed();
  private static final Path EXAMPLE = Path.of("..", "raft_config.example.json");

  private final HoconTopologyReader reader = new HoconTopologyReader(name -> null, name -> null);
  @TempDir Path directory;

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("raft_config.json"), text);
  }

  @Test void theExampleFileIsValidAndSaysWhatItSays() {
    assertEquals(List.of(), reader.validate(EXAMPLE, Map.of(), PLUGINS));
    NodeConfig node = reader.read(EXAMPLE, Map.of(), PLUGINS);
    assertEquals(List.of(1L, 2L, 3L), node.topology().stores().stream().map(store -> store.storeId()).toList());
    assertEquals("127.0.0.1:20160", node.topology().tso().listenAddr());
    var regions = node.topology().regions();
    assertArrayEquals(new byte[0], regions.get(0).range().start());
    assertArrayEquals(new byte[] {'m'}, regions.get(0).range().end());
    assertEquals(null, regions.get(1).range().end());
    assertEquals(2, regions.get(1).leaderStoreId());
    assertEquals("raft", node.plugins().replicator());
    assertEquals("tso", node.plugins().oracle());
  }

  @Test void aClusterWithoutATimestampServiceHasThoseOfItsStores() throws IOException {
    Path file = file("stores = [{ store_id = 1, listen_addr = \"h:1\" }], regions = [{ id = 1, peers = [{ store_id = 1, peer_id = 1 }] }], tso { lease = 2s }");
    NodeConfig node = reader.read(file, Map.of(), PLUGINS);
    assertEquals(null, node.topology().tso());
    assertEquals("tso", node.plugins().oracle());
    assertEquals("2s", node.blocks().get("tso").get("lease"));
  }

  @Test void aFileIsNotNeeded() {
    NodeConfig node = reader.defaults(Map.of(), PLUGINS);
    assertEquals("nokv-data", node.directory());
    assertEquals(List.of("resp"), node.plugins().frontends());
    assertEquals("local", node.plugins().replicator());
    assertTrue(node.topology().embedded());
  }

  @Test void optionsAreStrongerThanPropertiesThanVariablesThanTheFile() throws IOException {
    Path file = file("max_retries = 1, workdir = fromFile, metrics { listen_addr = \"127.0.0.1:1\", csv_interval = 1s, log_interval = 1s }");
    var properties = Map.of("nokv.metrics.listen_addr", "127.0.0.1:3", "nokv.metrics.csv_interval", "3s");
    var variables = Map.of("NOKV_METRICS_LISTEN_ADDR", "127.0.0.1:2", "NOKV_METRICS_CSV_INTERVAL", "2s", "NOKV_METRICS_LOG_INTERVAL", "2s", "NOKV_SERVICE_HOST", "10.0.0.1");
    NodeConfig node = new HoconTopologyReader(properties::get, variables::get).read(file, Map.of("metrics.listen_addr", "127.0.0.1:4"), PLUGINS);
    assertEquals(Map.of("listen_addr", "127.0.0.1:4", "csv_interval", "3s", "log_interval", "2s"), node.blocks().get("metrics"));
    assertEquals("fromFile", node.directory());
    assertEquals(1, node.topology().maxRetries());
  }

  @Test void anOverrideMayBeAListOrABlock() {
    NodeConfig node = reader.defaults(Map.of("plugins.frontends", "[]", "fault.rules", "[{ op = sync, path = \"*.wal\", nth = 500, action = power-cut }]"), PLUGINS);
    assertEquals(List.of(), node.plugins().frontends());
    assertEquals(List.of(Map.of("op", "sync", "path", "*.wal", "nth", 500, "action", "power-cut")), node.blocks().get("fault").get("rules"));
  }

  @Test void keysArePlainTextHexOrBase64() {
    assertArrayEquals("user".getBytes(), Keys.parse("user"));
    assertArrayEquals(new byte[] {(byte) 0xff, 0}, Keys.parse("hex:ff00"));
    assertArrayEquals("k1".getBytes(), Keys.parse("azE="));
    assertArrayEquals("user".getBytes(), Keys.parse("base64:dXNlcg=="));
    assertArrayEquals("a=b=".getBytes(), Keys.parse("a=b="));
    for (byte[] key : List.of("user".getBytes(), new byte[] {0, 1}, "azE=".getBytes(), "hex:".getBytes(), "-".getBytes())) {
      assertArrayEquals(key, Keys.parse(Keys.format(key)), Keys.format(key));
    }
  }

  @Test void theFirstProblemIsThrownAndValidateTellsAll() throws IOException {
    Path file = file("max_retries = many, plugins.vfs = oss, metrics.listen_addr = nowhere");
    assertEquals(3, reader.validate(file, Map.of(), PLUGINS).size());
    var thrown = assertThrows(ConfigException.class, () -> reader.read(file, Map.of(), PLUGINS));
    assertEquals(reader.validate(file, Map.of(), PLUGINS).getFirst(), thrown.getMessage());
  }

  @Test void anUnknownPluginIsToldWithTheNamesThereAre() {
    var thrown = assertThrows(ConfigException.class, () -> reader.defaults(Map.of("plugins.vfs", "oss"), PLUGINS));
    assertEquals("-Dplugins.vfs is \"oss\", expected one of " + String.join(", ", PLUGINS.names(VfsProvider.class)) + "; did you mean \"os\"?", thrown.getMessage());
  }

  /**
   * The cases of {@code mistakes.txt}: a file's text, {@code ----}, the lines that tell what is wrong with it. {@code BASE} stands for two stores; lines that begin with
   * {@code -D} or {@code NOKV_} are overrides. With {@code -Dnokv.rewrite=true} the file is rewritten with what the code says now.
   */
  @Test void everyMistakeIsOneLineThatSaysWhereAndWhatWasExpected() throws IOException {
    Path cases = Path.of("src/test/resources/mistakes.txt");
    var actual = new StringBuilder();
    String expected = Files.readString(cases);
    for (String one : expected.split("\n\n")) {
      String input = one.split("\n----\n", 2)[0];
      actual.append(input).append("\n----\n").append(problems(input)).append("\n\n");
    }
    String text = actual.toString().stripTrailing() + "\n";
    if (Boolean.getBoolean("nokv.rewrite")) Files.writeString(cases, text);
    else assertEquals(expected, text);
  }

  private String problems(String input) throws IOException {
    var body = new StringBuilder();
    var options = new LinkedHashMap<String, String>();
    var variables = new HashMap<String, String>();
    for (String line : input.lines().toList()) {
      String[] parts = line.split("=", 2);
      if (line.startsWith("-D")) options.put(parts[0].substring(2), parts[1]);
      else if (line.startsWith("NOKV_")) variables.put(parts[0], parts[1]);
      else body.append(line).append('\n');
    }
    String stores = "stores = [{ store_id = 1, listen_addr = \"h:1\" }, { store_id = 2, listen_addr = \"h:2\" }]";
    Path file = file(body.toString().replace("BASE", stores));
    var found = new HoconTopologyReader(name -> null, variables::get).validate(file, options, PLUGINS);
    return String.join("\n", found).replace(file.toString(), "raft_config.json");
  }
}
