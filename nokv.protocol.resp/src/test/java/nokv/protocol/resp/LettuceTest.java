package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.KeyValue;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Goal: Lettuce, which speaks RESP3 and never waits for a reply before the next request, works unchanged. Method: what applications do with it, over a real socket. */
final class LettuceTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Served served = Served.onMemory();
  private final RedisClient client = RedisClient.create(RedisURI.builder().withHost("127.0.0.1").withPort(((InetSocketAddress) served.address()).getPort()).withTimeout(PATIENCE).build());

  @AfterEach void close() {
    client.shutdown(Duration.ZERO, PATIENCE);
    served.close();
  }

  @Test void aPipelineOfAThousandIsAnsweredInOrder() {
    try (var connection = client.connect()) {
      var commands = connection.async();
      connection.setAutoFlushCommands(false);
      var replies = new ArrayList<RedisFuture<?>>();
      for (int i = 0; i < 1000; i++) {
        replies.add(commands.set("k" + i % 10, "v" + i));
        replies.add(commands.get("k" + i % 10));
      }
      connection.flushCommands();
      assertTrue(LettuceFutures.awaitAll(PATIENCE, replies.toArray(RedisFuture[]::new)));
      for (int i = 0; i < 1000; i++) assertEquals("v" + i, replies.get(2 * i + 1).resultNow());
    }
  }

  @Test void repliesOfResp3AreWhatTheyAre() {
    try (var connection = client.connect()) {
      var commands = connection.sync();
      assertEquals("OK", commands.set("k", "v", SetArgs.Builder.nx().ex(100)));
      assertTrue(commands.ttl("k") > 90);
      commands.hset("h", Map.of("a", "1", "b", "2"));
      assertEquals(Map.of("a", "1", "b", "2"), commands.hgetall("h"));
      commands.zadd("z", 1.5, "m");
      assertEquals(1.5, commands.zscore("z", "m"));
      commands.sadd("s", "x", "y");
      assertEquals(Set.of("x", "y"), commands.smembers("s"));
      assertEquals(List.of(KeyValue.just("k", "v"), KeyValue.empty("none")), commands.mget("k", "none"));
      assertEquals(2L, commands.xlen(stream(commands)));
      assertEquals(List.of("1", "2"), commands.xrange("stream", Range.unbounded()).stream().map(message -> message.getBody().get("n")).toList());
    }
  }

  private static String stream(RedisCommands<String, String> commands) {
    commands.xadd("stream", Map.of("n", "1"));
    commands.xadd("stream", Map.of("n", "2"));
    return "stream";
  }

  @Test void aTransactionWhoseKeyWasChangedIsDiscarded() {
    try (var connection = client.connect(); var other = client.connect()) {
      var commands = connection.sync();
      commands.watch("k");
      other.sync().set("k", "changed");
      commands.multi();
      commands.set("k", "mine");
      assertTrue(commands.exec().wasDiscarded());
      commands.multi();
      commands.incr("n");
      commands.incr("n");
      var done = commands.exec();
      assertEquals(1L, done.<Long>get(0));
      assertEquals(2L, done.<Long>get(1));
      assertEquals("changed", commands.get("k"));
    }
  }

  @Test void messagesArriveBesideReplies() throws Exception {
    try (var listening = client.connectPubSub(); var speaking = client.connect()) {
      var heard = new CompletableFuture<String>();
      listening.addListener(new RedisPubSubAdapter<>() {
        @Override public void message(String channel, String message) {
          heard.complete(channel + " " + message);
        }
      });
      listening.sync().subscribe("news");
      assertEquals("PONG", listening.sync().ping(), "RESP3 lets who listens ask as well");
      assertEquals(1L, speaking.sync().publish("news", "hello"));
      assertEquals("news hello", heard.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    }
  }

  @Test void whoWaitsForAListIsServedByWhoPushes() throws Exception {
    try (var waiting = client.connect(); var pushing = client.connect()) {
      var popped = waiting.async().blpop(PATIENCE.toSeconds(), "queue");
      pushing.sync().rpush("queue", "a", "b");
      assertEquals(KeyValue.just("queue", "a"), popped.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
      assertEquals(List.of("b"), pushing.sync().lrange("queue", 0, -1));
    }
  }

  @Test void aScriptIsLoadedOnceAndCalledByItsDigest() {
    try (var connection = client.connect()) {
      var commands = connection.sync();
      String digest = commands.scriptLoad("return {redis.call('INCRBY', KEYS[1], ARGV[1]), KEYS[1]}");
      assertEquals(List.of(5L, "n"), commands.evalsha(digest, ScriptOutputType.MULTI, new String[] {"n"}, "5"));
      assertEquals(List.of(8L, "n"), commands.evalsha(digest, ScriptOutputType.MULTI, new String[] {"n"}, "3"));
    }
  }
}
