package nokv.launcher.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * Pipelined SETs of keys whose every value can be told from its key and version, sizes log-uniform from 16 bytes up, three in ten of them overwriting. A write counts as
 * acknowledged once its {@code OK} was read. Whatever was acknowledged must be there after any end of the server, or a later version whose reply was never read.
 */
final class Load {
  private static final int PIPELINE = 16;

  private final long seed;
  private final int maxValueBytes;
  private final List<Writer> writers = new ArrayList<>();
  private final AtomicLong acknowledged = new AtomicLong();

  Load(long seed, int writers, int maxValueBytes) {
    this.seed = seed;
    this.maxValueBytes = maxValueBytes;
    for (int i = 0; i < writers; i++) this.writers.add(new Writer(i));
  }

  /** Writes until the server goes away; kills it after {@code writes} more acknowledged ones, or lets it end by itself where that is null. Returns how many there were. */
  long runUntilTheEnd(Server server, Long writes) throws InterruptedException {
    long before = acknowledged.get();
    Runnable kill = () -> {
      if (writes != null && acknowledged.get() - before >= writes) server.kill();
    };
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var ends = threads.invokeAll(writers.stream().map(writer -> (Callable<Void>) () -> writer.run(server, kill)).toList());
      for (var end : ends) end.get();
    } catch (ExecutionException e) {
      throw new AssertionError("a writer failed, seed " + seed, e.getCause());
    }
    server.exitCode();
    return acknowledged.get() - before;
  }

  /** Reads back every acknowledged write. */
  void verify(Server server) {
    try (Jedis client = server.client()) {
      for (Writer writer : writers) writer.verify(client);
    }
  }

  byte[] value(int writer, int key, int version) {
    var random = new SplittableRandom(seed ^ (long) writer << 56 ^ (long) key << 24 ^ version);
    byte[] value = new byte[(int) (16 * Math.pow(maxValueBytes / 16.0, random.nextDouble()))];
    random.nextBytes(value);
    return value;
  }

  private final class Writer {
    private final int number;
    private final SplittableRandom random;
    /** By key: the last version acknowledged, and the last one sent. */
    private final List<int[]> versions = new ArrayList<>();

    Writer(int number) {
      this.number = number;
      random = new SplittableRandom(seed + number);
    }

    private byte[] key(int key) {
      return ("w" + number + ":" + key).getBytes(StandardCharsets.US_ASCII);
    }

    Void run(Server server, Runnable afterBatch) {
      try (Jedis client = server.client()) {
        while (true) {
          batch(client);
          afterBatch.run();
        }
      } catch (JedisConnectionException gone) {
        return null;
      }
    }

    private void batch(Jedis client) {
      int[][] sent = new int[PIPELINE][];
      var pipeline = client.pipelined();
      for (int i = 0; i < PIPELINE; i++) {
        int key = !versions.isEmpty() && random.nextInt(10) < 3 ? random.nextInt(versions.size()) : versions.size();
        if (key == versions.size()) versions.add(new int[2]);
        int version = ++versions.get(key)[1];
        sent[i] = new int[] {key, version};
        pipeline.set(key(key), value(number, key, version));
      }
      List<Object> replies = pipeline.syncAndReturnAll();
      for (int i = 0; i < PIPELINE; i++) {
        if (replies.get(i) instanceof JedisConnectionException gone) throw gone;
        assertEquals("OK", replies.get(i));
        versions.get(sent[i][0])[0] = sent[i][1];
        acknowledged.incrementAndGet();
      }
    }

    void verify(Jedis client) {
      for (int from = 0; from < versions.size(); from += PIPELINE) {
        int end = Math.min(versions.size(), from + PIPELINE);
        var pipeline = client.pipelined();
        for (int key = from; key < end; key++) pipeline.get(key(key));
        List<Object> values = pipeline.syncAndReturnAll();
        for (int key = from; key < end; key++) verify(key, (byte[]) values.get(key - from));
      }
    }

    private void verify(int key, byte[] found) {
      int[] version = versions.get(key);
      if (found == null) {
        assertEquals(0, version[0], () -> "lost: key w" + number + ":" + key + " was acknowledged at version " + version[0] + ", seed " + seed);
        return;
      }
      for (int candidate = version[1]; candidate >= Math.max(1, version[0]); candidate--) {
        if (Arrays.equals(found, value(number, key, candidate))) {
          version[0] = candidate;
          return;
        }
      }
      assertTrue(false, () -> "wrong: key w" + number + ":" + key + " holds " + found.length + " bytes that are no version from " + version[0] + " to " + version[1] + ", seed " + seed);
    }
  }
}
