package nokv.engine.lsm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.MetricRegistry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.spi.EngineBatch;
import nokv.spi.Environment;
import nokv.spi.Options;
import nokv.spi.PluginRegistry;
import nokv.spi.VfsProvider;
import nokv.vlog.VlogProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: writers, readers, flushes, compactions and collections beside each other never show half a batch. Method: each writer keeps two keys equal; readers compare them. */
class EngineConcurrencyTest {
  private static final int WRITERS = 3;
  private static final int WRITES = 3000;

  @Test void readersNeverSeeHalfABatch(@TempDir Path directory) throws Exception {
    try (var owned = Environment.system(2, 256 << 20, new MetricRegistry()); var threads = Executors.newFixedThreadPool(WRITERS + 2)) {
      var environment = owned.environment();
      var plugins = PluginRegistry.installed();
      var os = plugins.get(VfsProvider.class, "os");
      var vlog = new VlogProvider();
      var lsm = new LsmEngineProvider();
      String path = directory.resolve("db").toString();
      try (var vfs = os.open(environment, Options.parse("os", os.options(), Map.of()), plugins);
          var values = vlog.open(environment, Options.parse("vlog", vlog.options(), Map.of("threshold", "1KiB", "segment_size", "256KiB")), vfs, path, false);
          var engine = lsm.open(environment, Options.parse("engine", lsm.options(), Map.of("sync", "none", "memtable_size", "256KiB", "level_size", "512KiB", "table_size", "128KiB",
              "wal_segment_size", "1MiB")), vfs, values, path, false)) {
        var done = new AtomicBoolean();
        var work = new ArrayList<Callable<Void>>();
        for (int w = 0; w < WRITERS; w++) work.add(writer(engine, w));
        var readers = new ArrayList<java.util.concurrent.Future<Void>>();
        for (int r = 0; r < 2; r++) readers.add(threads.submit(reader(engine, done)));
        for (var writer : threads.invokeAll(work)) writer.get();
        done.set(true);
        for (var reader : readers) reader.get();
        engine.compact(KeyRange.ALL).toCompletableFuture().get();
        try (var cursor = engine.scan(0, KeyRange.ALL, Direction.FORWARD, Timestamp.MAX, null)) {
          int keys = 0;
          while (cursor.next()) keys++;
          assertEquals(WRITERS * 2 * 50, keys);
        }
        for (String name : new String[] {"flush.count", "compaction.count"}) assertTrue(environment.metrics().counter(name).getCount() > 1, name);
      }
    }
  }

  private static byte[] key(int writer, int n, char half) {
    return ("k" + writer + "-" + (n % 50) + half).getBytes();
  }

  private static Callable<Void> writer(nokv.spi.StorageEngine engine, int writer) {
    return () -> {
      for (int i = 1; i <= WRITES; i++) {
        var batch = new EngineBatch();
        byte[] value = ByteBuffer.allocate(i % 3 == 0 ? 2000 : 300).putInt(i).array();
        batch.setVersion(i);
        batch.put(0, key(writer, i, 'a'), EngineBatch.OF_BATCH, 0, 0, value).put(0, key(writer, i, 'b'), EngineBatch.OF_BATCH, 0, 0, value);
        engine.write(batch);
        if (i % 100 == 0 && writer == 0) engine.retain(KeyRange.ALL, i - 50);
      }
      return null;
    };
  }

  private static Callable<Void> reader(nokv.spi.StorageEngine engine, AtomicBoolean done) {
    return () -> {
      for (int i = 0; !done.get(); i++) {
        try (var cursor = engine.scan(0, KeyRange.ALL, i % 2 == 0 ? Direction.FORWARD : Direction.REVERSE, Timestamp.MAX, null)) {
          while (cursor.next()) {
            int first = ByteBuffer.wrap(cursor.value()).getInt();
            String key = new String(cursor.key());
            assertTrue(cursor.next(), "the other half of " + key);
            assertEquals(first, ByteBuffer.wrap(cursor.value()).getInt(), key);
          }
        }
        for (int w = 0; w < WRITERS; w++) {
          byte[] a = engine.get(0, key(w, i, 'a'), Timestamp.MAX);
          byte[] b = engine.get(0, key(w, i, 'b'), Timestamp.MAX);
          if (a != null) assertTrue(b != null && ByteBuffer.wrap(b).getInt() >= ByteBuffer.wrap(a).getInt(), "b is read after a");
        }
      }
      return null;
    };
  }
}
