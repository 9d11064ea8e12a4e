package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.Executors;
import nokv.api.NoKV;
import org.junit.jupiter.api.Test;

final class ScriptTest {
  private static String error(RawClient client, String script) throws IOException {
    String reply = client.call("EVAL \"" + script + "\" 0");
    assertTrue(reply.startsWith("-"), script + " → " + reply);
    return reply;
  }

  /** Goal: nothing in a script's reach leads out of it. Method: the ways known from Lua 5.1, each of which must end in an error or in nothing. */
  @Test void noScriptGetsOutOfTheSandbox() throws IOException {
    try (var served = Served.onMemory(); var client = served.client()) {
      for (String way : new String[] {"io.open('/etc/passwd')", "os.exit()", "require('os')", "debug.getinfo(1)", "package.loaded.os.exit()", "java.import('java.lang.System')",
          "loadstring(string.dump(function() end))()", "getmetatable('').__index.rep = 1", "_G.redis = nil", "string.rep = nil", "table.insert(redis, 1)", "rawset(redis, 'call', 1)",
          "setfenv(0, {})", "getmetatable(_G).__index.x = 1", "load(function() return string.dump(function() end) end)()"}) {
        error(client, way);
      }
      for (String function : new String[] {"redis.call", "redis.sha1hex", "cjson.encode", "cmsgpack.pack", "struct.pack", "table.insert", "pcall", "load", "bit.band", "math.random", "print"}) {
        String reply = client.call("EVAL \"local f = getfenv(" + function + ") return {f.io, f.os, f.debug, f.require, f.dofile}\" 0");
        assertTrue(reply.startsWith("-") || reply.equals("*0\r\n"), function + " → " + reply);
      }
      assertEquals("$1\r\nx\r\n", client.call("EVAL \"return string.rep('x', 1)\" 0"));
    }
  }

  @Test void aScriptIsAtomicForOthersAndItsErrorLeavesWhatItWrote() throws Exception {
    try (var served = Served.onMemory(); var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var writer = executor.submit(() -> {
        try (var client = served.client()) {
          for (int i = 0; i < 300; i++) client.call("EVAL \"redis.call('incr', 'a') redis.call('incr', 'b')\" 0");
        }
        return null;
      });
      try (var client = served.client()) {
        while (!writer.isDone()) {
          String both = client.call("MGET a b");
          String[] parts = both.split("\r\n");
          assertEquals(parts[parts.length / 2], parts[parts.length - 1], both);
        }
        writer.get();
        assertEquals("*2\r\n$3\r\n300\r\n$3\r\n300\r\n", client.call("MGET a b"));
        error(client, "redis.call('incr', 'a') error('later')");
        assertEquals("$3\r\n301\r\n", client.call("GET a"));
      }
    }
  }

  @Test void aScriptThatRunsTooLongMakesOthersBusyAndCanBeKilledEvenIfItCatchesErrors() throws Exception {
    try (var served = Served.onMemory(); var running = served.client(); var other = served.client()) {
      other.call("CONFIG SET busy-reply-threshold 10");
      for (String body : new String[] {"while true do end", "while true do pcall(function() while true do end end) end", "while true do redis.pcall('ping') end",
          "coroutine.wrap(function() while true do end end)()"}) {
        running.send("*3\r\n$4\r\nEVAL\r\n$" + body.length() + "\r\n" + body + "\r\n$1\r\n0\r\n");
        while (!other.call("PING").startsWith("-BUSY")) Thread.onSpinWait();
        assertTrue(other.call("FUNCTION KILL").startsWith("-BUSY"));
        assertEquals("+OK\r\n", other.call("SCRIPT KILL"));
        String reply = running.reply();
        assertTrue(reply.startsWith("-ERR Script killed by user with SCRIPT KILL."), body + " → " + reply);
        assertEquals("+PONG\r\n", other.call("PING"));
      }
    }
  }

  @Test void aScriptThatWroteIsNotKilledAndTheServerStopsAllTheSame() throws Exception {
    var served = Served.onMemory();
    try (var running = served.client(); var other = served.client()) {
      other.call("CONFIG SET lua-time-limit 10");
      String body = "redis.call('set', 'k', 'v') while true do end";
      running.send("*3\r\n$4\r\nEVAL\r\n$" + body.length() + "\r\n" + body + "\r\n$1\r\n0\r\n");
      while (!other.call("PING").startsWith("-BUSY")) Thread.onSpinWait();
      assertTrue(other.call("SCRIPT KILL").startsWith("-UNKILLABLE"));
    } finally {
      served.close();
    }
  }

  /** Libraries are data: another server over the same store has them, and follows their changes. */
  @Test void librariesAreSeenByEveryServerOfTheStore() throws IOException {
    try (var store = NoKV.options().vfs("mem").set("engine.sync", "none").open(); var one = Served.on(store); var two = Served.on(store); var a = one.client(); var b = two.client()) {
      a.call("FUNCTION LOAD \"#!lua name=lib\\nredis.register_function('f', function() return 1 end)\"");
      assertEquals(":1\r\n", b.call("FCALL f 0"));
      b.call("FUNCTION LOAD REPLACE \"#!lua name=lib\\nredis.register_function('f', function() return 2 end)\"");
      assertEquals(":2\r\n", a.call("FCALL f 0"));
      a.call("FUNCTION DELETE lib");
      assertEquals("-ERR Function not found\r\n", b.call("FCALL f 0"));
    }
  }
}
