package nokv.launcher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import nokv.api.KvStore;
import nokv.api.NoKV;
import nokv.api.UnavailableException;
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

  @Test void aFileThatListsStoresOpensAClientWhichSaysThatNobodyAnswers() throws IOException {
    String example = Files.readString(Path.of("..", "raft_config.example.json")).replace("127.0.0.1:2017", "127.0.0.1:1");
    String impatient = example.replaceFirst("\\{", "{ \"raft\": { \"request_deadline\": \"300ms\", \"attempt_timeout\": \"100ms\" },");
    Path file = Files.writeString(directory.resolve("raft_config.json"), impatient);
    try (KvStore store = NoKV.fromConfig(file)) {
      var thrown = assertThrows(UnavailableException.class, () -> store.get(new byte[] {1}));
      assertTrue(thrown.getMessage().startsWith("no answer from the leader"), thrown.getMessage());
    }
  }
}
