package nokv.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import nokv.api.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {
  private static final List<Option> DECLARED = List.of(
      Option.oneOf("sync", "always", "When a write is durable.", "always", "interval", "none"),
      Option.of("memtable_size", Option.Type.SIZE, "64MiB", "Bytes of a memtable."),
      Option.of("sync_interval", Option.Type.DURATION, "100ms", "Between syncs."),
      Option.of("threads", Option.Type.INTEGER, "2", "Threads."),
      Option.of("ratio", Option.Type.NUMBER, "0.5", "Ratio."),
      Option.of("enabled", Option.Type.BOOLEAN, "true", "Whether."),
      Option.of("listen_addr", Option.Type.ADDRESS, "127.0.0.1:6380", "Where."),
      Option.of("password", Option.Type.TEXT, "", "Secret."),
      Option.of("rules", Option.Type.LIST, "", "Rules."));

  private static Options parse(Map<String, ?> raw) {
    return Options.parse("test.json: engine", DECLARED, raw);
  }

  @Test void whatIsNotGivenHasItsDefault() {
    Options options = parse(Map.of());
    assertEquals("always", options.text("sync"));
    assertEquals(64 << 20, options.size("memtable_size"));
    assertEquals(Duration.ofMillis(100), options.duration("sync_interval"));
    assertEquals(2, options.integer("threads"));
    assertEquals(0.5, options.number("ratio"));
    assertTrue(options.bool("enabled"));
    assertFalse(options.has("password"));
  }

  @ParameterizedTest
  @CsvSource({"512, 512", "64KiB, 65536", "64 KiB, 65536", "10MB, 10000000", "1g, 1073741824", "1.5KiB, 1536"})
  void sizesAreReadWithTheirUnits(String text, long bytes) {
    assertEquals(bytes, parse(Map.of("memtable_size", text)).size("memtable_size"));
  }

  @ParameterizedTest
  @CsvSource({"30s, PT30S", "5m, PT5M", "2h, PT2H", "1.5s, PT1.5S", "250us, PT0.00025S"})
  void durationsAreReadWithTheirUnits(String text, Duration duration) {
    assertEquals(duration, parse(Map.of("sync_interval", text)).duration("sync_interval"));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "sync | allways | test.json: engine.sync is \"allways\", expected one of always, interval, none; did you mean \"always\"?",
      "memtable_size | 64 potatoes | test.json: engine.memtable_size is \"64 potatoes\", expected a size such as 64MiB",
      "memtable_size | -1 | test.json: engine.memtable_size is \"-1\", expected a size such as 64MiB",
      "sync_interval | 30 | test.json: engine.sync_interval is \"30\", expected a duration such as 30s",
      "threads | two | test.json: engine.threads is \"two\", expected a whole number",
      "enabled | yes | test.json: engine.enabled is \"yes\", expected true or false",
      "listen_addr | 6380 | test.json: engine.listen_addr is \"6380\", expected an address such as 127.0.0.1:6380",
      "listen_addr | h:70000 | test.json: engine.listen_addr is \"h:70000\", expected an address such as 127.0.0.1:6380",
      "memtable_sise | 1 | test.json: engine.memtable_sise is not an option; did you mean \"memtable_size\"?"})
  void aMistakeIsOneLineThatNamesTheKeyAndWhatWasExpected(String key, String value, String message) {
    assertEquals(message, assertThrows(ConfigException.class, () -> parse(Map.of(key, value))).getMessage());
  }

  @Test void sizesBeyondALongAreRefusedNotWrapped() {
    assertThrows(ConfigException.class, () -> parse(Map.of("memtable_size", "99999999999TiB")));
  }

  @Test void askingForAnUndeclaredOptionIsADefectOfThePlugin() {
    assertThrows(IllegalArgumentException.class, () -> parse(Map.of()).text("nothing"));
    assertThrows(IllegalArgumentException.class, () -> parse(Map.of()).integer("sync"));
  }
}
