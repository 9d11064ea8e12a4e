package nokv.launcher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import nokv.api.ConfigException;
import nokv.api.KvStore;
import nokv.api.NoKV;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application opens the same file that the server reads. */
final class FromConfigTest {
  @TempDir Path directory;

  @Test void theStoreOfTheFileIsOpened() throws IOException {
    Path file = Files.writeString(directory.resolve("raft_config.json"), "{ \"workdir\": \"" + directory.resolve("data") + "\", \"engine\": { \"sync\": \"none\" }, \"resp\": {} }");
    try (KvStore store = NoKV.fromConfig(file)) {
      store.put(new byte[] {1}, new byte[] {2});
    }
    try (KvStore store = NoKV.fromConfig(file)) {
      assertArrayEquals(new byte[] {2}, store.get(new byte[] {1}));
    }
  }

  @Test void aClusterIsRefusedWhereTheBuildHasNoneAndSaysSo() {
    var thrown = assertThrows(ConfigException.class, () -> NoKV.fromConfig(Path.of("..", "raft_config.example.json")));
    assertEquals("replicator \"raft\" is not available in this build; known are local", thrown.getMessage());
  }
}
