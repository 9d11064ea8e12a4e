package nokv.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import nokv.launcher.metrics.MetricsOptions;
import nokv.spi.Option;
import nokv.spi.PluginRegistry;
import nokv.spi.Provider;
import nokv.spi.Security;
import org.junit.jupiter.api.Test;

/**
 * Keeps the tables of {@code docs/configuration.md} the same as what the providers declare. Where this fails, run
 * {@code ./mvnw -q -pl nokv.launcher -am test -Dtest=ConfigurationPageTest -Dsurefire.failIfNoSpecifiedTests=false -Dtest.argLine=-Dnokv.rewrite=true} and look at the diff.
 */
final class ConfigurationPageTest {
  private static final Path PAGE = Path.of("..", "docs", "configuration.md");
  private static final String BEGIN = "<!-- options: written by ConfigurationPageTest -->\n";

  @Test void thePageListsEveryOptionAndCommandAsDeclared() throws IOException {
    String page = Files.readString(PAGE);
    String head = page.substring(0, page.indexOf(BEGIN) + BEGIN.length());
    String expected = head + tables();
    if (Boolean.getBoolean("nokv.rewrite")) Files.writeString(PAGE, expected);
    else assertEquals(expected, page, "docs/configuration.md is stale; the comment of this test says how to rewrite it");
  }

  private static String tables() {
    var blocks = new LinkedHashMap<String, List<Option>>();
    var readers = new LinkedHashMap<String, List<String>>();
    var commands = new TreeMap<String, String>();
    blocks.put(MetricsOptions.BLOCK, new ArrayList<>(MetricsOptions.ALL));
    readers.put(MetricsOptions.BLOCK, List.of("the launcher"));
    blocks.put(Security.BLOCK, new ArrayList<>(Security.OPTIONS));
    readers.put(Security.BLOCK, List.of("every plugin with connections between processes"));
    for (Provider provider : PluginRegistry.installed().all()) {
      if (provider instanceof ProbeEngineProvider) continue;
      var options = blocks.computeIfAbsent(provider.block(), block -> new ArrayList<>());
      for (Option option : provider.options()) if (!options.contains(option)) options.add(option);
      readers.computeIfAbsent(provider.block(), block -> new ArrayList<>()).add("`" + provider.name() + "`");
      provider.commands().forEach(command -> commands.put(command.name(), command.doc()));
      provider.roles().forEach(role -> commands.put(role.name(), role.doc()));
    }
    var text = new StringBuilder();
    for (Map.Entry<String, List<Option>> block : new TreeMap<>(blocks).entrySet()) {
      if (block.getValue().isEmpty()) continue;
      text.append("\n### `").append(block.getKey()).append("`: read by ").append(String.join(", ", readers.get(block.getKey()).stream().distinct().toList()));
      text.append("\n\n| option | type | default | meaning |\n|---|---|---|---|\n");
      for (Option option : block.getValue()) {
        String type = option.type() == Option.Type.ENUM ? String.join(" \\| ", option.values()) : option.type().name().toLowerCase(Locale.ROOT);
        text.append("| `").append(option.name()).append("` | ").append(type).append(" | ").append(option.defaultText().isEmpty() ? "" : "`" + option.defaultText() + "`")
            .append(" | ").append(option.doc().replace("|", "\\|")).append(" |\n");
      }
    }
    text.append("\n### Commands of the plugins\n\n| command | meaning |\n|---|---|\n");
    commands.forEach((name, doc) -> text.append("| `").append(name).append("` | ").append(doc.replace("|", "\\|")).append(" |\n"));
    return text.toString();
  }
}
