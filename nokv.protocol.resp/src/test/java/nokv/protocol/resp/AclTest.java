package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import nokv.api.ConfigException;
import nokv.api.NoKV;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users may do what their rules say, wherever a command comes from, and are there after a restart and at every gateway. */
final class AclTest {
  private static final String OK = "+OK\r\n";
  private static final String NO_KEY = "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n";
  private static final String NO_AUTH = "-NOAUTH Authentication required.\r\n";

  @Test void whoHasNotLoggedInMayDoNothingElse() throws IOException {
    try (var served = Served.onMemory("requirepass", "secret"); var client = served.client()) {
      assertEquals(NO_AUTH, client.call("GET a"));
      assertEquals(NO_AUTH, client.call("MULTI"));
      assertTrue(client.call("HELLO 3").startsWith("-NOAUTH HELLO must be called"));
      assertEquals("-WRONGPASS invalid username-password pair or user is disabled.\r\n", client.call("AUTH wrong"));
      assertEquals(OK, client.call("AUTH secret"));
      assertEquals("$-1\r\n", client.call("GET a"));
      assertEquals("+RESET\r\n", client.call("RESET"));
      assertEquals(NO_AUTH, client.call("GET a"));
      assertTrue(client.call("HELLO 3 AUTH default secret").startsWith("%7"));
      assertTrue(client.call("CONFIG SET requirepass other").startsWith("-ERR User 'default' is defined in the node's file"));
    }
  }

  @Test void commandsKeysAndChannelsAreCheckedAloneInTransactionsAndInScripts() throws IOException {
    try (var served = Served.onMemory(); var admin = served.client(); var client = served.client()) {
      assertEquals(OK, admin.call("ACL SETUSER app on >pw +@all -@dangerous +sort %R~in:* %W~out:* ~both:* &news"));
      assertEquals(OK, client.call("AUTH app pw"));
      assertEquals("-NOPERM this user has no permissions to run the 'config|get' command\r\n", client.call("CONFIG GET *"));
      assertEquals("$-1\r\n", client.call("GET in:1"));
      assertEquals(NO_KEY, client.call("SET in:1 x"));
      assertEquals(OK, client.call("SET out:1 x"));
      assertEquals(NO_KEY, client.call("SET out:1 x GET"));
      assertEquals(NO_KEY, client.call("MGET in:1 elsewhere"));
      assertEquals(":0\r\n", client.call("COPY in:1 out:1"));
      assertEquals(NO_KEY, client.call("BLPOP elsewhere 0"));
      assertEquals(NO_KEY, client.call("SORT both:1 STORE in:1"));
      assertEquals("-NOPERM this user has no permissions to access one of the channels used as arguments\r\n", client.call("PUBLISH other x"));
      assertEquals(":0\r\n", client.call("PUBLISH news x"));
      assertTrue(client.call("EVAL \"return redis.call('get','elsewhere')\" 0").contains("The user executing the script can't access at least one of the keys"));
      assertEquals(OK, client.call("MULTI"));
      assertEquals("+QUEUED\r\n", client.call("SET both:1 x"));
      assertEquals("+QUEUED\r\n", client.call("SET out:1 y"));
      assertEquals(OK, admin.call("ACL SETUSER app resetkeys ~both:*"));
      assertEquals("*2\r\n+OK\r\n-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: "
          + "no permission to touch the specified keys\r\n", client.call("EXEC"));
      assertTrue(admin.call("ACL LOG").contains("username\r\n$3\r\napp\r\n"));
    }
  }

  @Test void aSelectorAllowsWhatTheRulesOutsideOfItDoNot() throws IOException {
    try (var served = Served.onMemory(); var admin = served.client(); var client = served.client()) {
      assertEquals(OK, admin.call("ACL SETUSER two on nopass ~a +get (~b +set +get)"));
      client.call("AUTH two any");
      assertEquals("$-1\r\n", client.call("GET a"));
      assertEquals(OK, client.call("SET b 1"));
      assertEquals(NO_KEY, client.call("SET a 1"));
      assertEquals(NO_KEY, client.call("MGET a b").replace("run the 'mget' command", "access one of the keys used as arguments"));
      assertEquals("$56\r\nThis user has no permissions to run the 'del' command\r\n".replace("$56", "$53"), admin.call("ACL DRYRUN two DEL a"));
      assertEquals("-ERR Error in ACL SETUSER modifier '+nothing': Unknown command or category name in ACL\r\n", admin.call("ACL SETUSER two +nothing"));
    }
  }

  @Test void usersAreThereAfterARestartAndWhoIsDeletedIsCut(@TempDir Path directory) throws IOException {
    try (var served = Served.on(NoKV.open(directory)); var admin = served.client(); var client = served.client()) {
      admin.call("ACL SETUSER app on >pw ~* +get");
      admin.call("ACL SETUSER gone on >pw +@all");
      assertEquals(OK, client.call("AUTH gone pw"));
      assertEquals(":1\r\n", admin.call("ACL DELUSER gone"));
      assertEquals("", client.reply());
      assertEquals(OK, admin.call("CONFIG SET requirepass secret"));
    }
    try (var served = Served.on(NoKV.open(directory)); var client = served.client()) {
      assertEquals(NO_AUTH, client.call("ACL LIST"));
      assertEquals(OK, client.call("AUTH secret"));
      assertEquals("*2\r\n$3\r\napp\r\n$7\r\ndefault\r\n", client.call("ACL USERS"));
      assertEquals(OK, client.call("AUTH app pw"));
      assertEquals("$-1\r\n", client.call("GET a"));
    }
  }

  @Test void aChangeAtOneGatewayHoldsAtTheOthersToo() throws IOException {
    try (var one = Served.onMemory(true); var other = one.another(); var admin = one.client(); var client = other.client()) {
      assertEquals(OK, admin.call("ACL SETUSER app on >pw ~* +ping +get"));
      while (!client.call("AUTH app pw").equals(OK)) Thread.onSpinWait();
      assertEquals("$-1\r\n", client.call("GET a"));
      admin.call("ACL SETUSER app -get");
      while (!client.call("GET a").startsWith("-NOPERM")) Thread.onSpinWait();
      admin.call("ACL DELUSER app");
      while (!client.call("PING").isEmpty()) Thread.onSpinWait();
    }
  }

  @Test void whatIsWrongInTheFileIsSaidWithItsPlace() {
    assertEquals("resp.users, user app: Error in ACL SETUSER modifier 'sometimes': Syntax error", assertThrows(ConfigException.class, () -> Served.onMemory(List.of("app sometimes"))).getMessage());
  }

  @Test void usersOfTheFileAreThereAndCannotBeChanged() throws IOException {
    try (var served = Served.onMemory(List.of("app on >pw ~* +@all", "default off")); var client = served.client()) {
      assertEquals(NO_AUTH, client.call("GET a"));
      assertEquals(OK, client.call("AUTH app pw"));
      assertTrue(client.call("ACL SETUSER app off").startsWith("-ERR User 'app' is defined in the node's file"));
      assertEquals(OK, client.call("ACL SETUSER more on"));
    }
  }

  /** Goal: what ACL LIST shows, given to a new user, is the same rights. Method: random rules, described, parsed, and compared command by command. */
  @Test void aDescriptionGivesTheSameRightsAgain() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    for (int round = 0; round < 100; round++) {
      var rules = new java.util.ArrayList<String>(List.of("on", ">p" + round));
      for (int i = random.nextInt(8); i > 0; i--) {
        var command = CommandTable.allWithSubcommands().get(random.nextInt(CommandTable.allWithSubcommands().size()));
        rules.add(switch (random.nextInt(6)) {
          case 0 -> "+@" + AclSelector.CATEGORIES.get(random.nextInt(AclSelector.CATEGORIES.size()));
          case 1 -> "-@" + AclSelector.CATEGORIES.get(random.nextInt(AclSelector.CATEGORIES.size()));
          case 2 -> random.nextBoolean() ? "allcommands" : "nocommands";
          case 3 -> "(%R~k" + i + " +get)";
          case 4 -> "-" + command.name();
          default -> "+" + command.name();
        });
      }
      AclRights rights = new AclRights().with(rules, false);
      AclRights again = AclRights.parse(rights.describe());
      assertEquals(rights.describe(), again.describe(), rules + ", seed " + seed);
      for (RedisCommand command : CommandTable.allWithSubcommands()) {
        byte[][] args = {AclSelector.bytes(command.name()), {}, {}};
        assertEquals(denies(rights, command, args), denies(again, command, args), command.name() + " by " + rules + ", seed " + seed);
      }
    }
  }

  private static boolean denies(AclRights rights, RedisCommand command, byte[][] args) {
    AclDenial denial = rights.check(command, args);
    return denial != null && denial.reason() == AclDenial.Reason.COMMAND;
  }
}
