package nokv.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import nokv.launcher.config.HoconTopologyReader;
import nokv.spi.PluginRegistry;
import org.junit.jupiter.api.Test;

/** {@code docker-compose.yml} runs the parts that {@code raft_config.example.json} lists, under the names by which it calls them. */
final class ComposeFileTest {
  @Test void everyStoreOfTheExampleHasAServiceOfItsNameAndNumber() throws Exception {
    String compose = Files.readString(Path.of("..", "docker-compose.yml"));
    var stores = new HoconTopologyReader().read(Path.of("..", "raft_config.example.json"), Map.of(), PluginRegistry.installed()).topology().stores();
    for (var store : stores) {
      String host = store.dockerAddr().substring(0, store.dockerAddr().lastIndexOf(':'));
      var service = Pattern.compile("\n  " + Pattern.quote(host) + ":\n    <<: \\*nokv\n    command: \\[serve, .*--store-id, \"" + store.storeId() + "\", --addr-scope, docker");
      assertTrue(service.matcher(compose).find(), host);
    }
    assertEquals(stores.size(), Pattern.compile("command: \\[serve").matcher(compose).results().count());
  }
}
