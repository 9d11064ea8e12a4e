package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class CommandTableTest {
  private static final Path PAGE = Path.of("..", "docs", "redis-commands.md");

  /** Where this fails, run {@code ./mvnw -q -pl nokv.protocol.resp -am test -Dtest=CommandTableTest -Dsurefire.failIfNoSpecifiedTests=false -Dtest.argLine=-Dnokv.rewrite=true}. */
  @Test void thePageOfCommandsIsWhatTheTableSays() throws IOException {
    if (Boolean.getBoolean("nokv.rewrite")) Files.writeString(PAGE, CommandPage.text());
    assertEquals(CommandPage.text(), Files.readString(PAGE), "docs/redis-commands.md is stale; the comment of this test says how to rewrite it");
  }

  @Test void everyCommandIsFoundByItsNameInAnyCaseAndNothingElseIs() {
    for (RedisCommand command : CommandTable.ALL) {
      assertEquals(command, find(command.name()));
      assertEquals(command, find(command.name().toUpperCase(java.util.Locale.ROOT)));
      assertNull(find(command.name() + "_"));
      for (RedisCommand child : command.subcommands()) assertEquals(child, CommandTable.named(child.name()));
    }
    assertNull(find(""));
    assertNull(CommandTable.named("client|nothing"));
    assertNotNull(find("gEt"));
    assertNull(find("G%T"));
  }

  private static RedisCommand find(String name) {
    return CommandTable.find(name.getBytes(StandardCharsets.ISO_8859_1));
  }
}
