package nokv.bench;

import java.nio.file.Path;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.jspecify.annotations.Nullable;

/** H2's MVStore. It has no log: without sync it writes when its buffer is full; with sync it commits and syncs at every write. */
final class MvStoreEngine implements Engine {
  private final MVStore store;
  private final MVMap<byte[], byte[]> map;
  private final boolean sync;

  MvStoreEngine(Path directory, boolean sync) {
    this.sync = sync;
    store = new MVStore.Builder().fileName(directory.resolve("mvstore").toString()).cacheSize((int) (Engines.CACHE_BYTES >> 20))
        .autoCommitBufferSize((int) (Engines.WRITE_BUFFER_BYTES >> 10)).open();
    map = store.openMap("bench", new MVMap.Builder<byte[], byte[]>().keyType(new UnsignedBytesType()).valueType(new UnsignedBytesType()));
  }

  private void written() {
    if (sync) {
      store.commit();
      store.sync();
    }
  }

  @Override public void put(byte[] key, byte[] value) {
    map.put(key, value.clone());
    written();
  }

  @Override public byte @Nullable [] get(byte[] key) {
    return map.get(key);
  }

  @Override public void delete(byte[] key) {
    map.remove(key);
    written();
  }

  @Override public void putBatch(byte[][] keys, byte[][] values) {
    for (int i = 0; i < keys.length; i++) map.put(keys[i], values[i]);
    written();
  }

  @Override public int scan(byte[] start, int count, Entries entries) {
    int seen = 0;
    var cursor = map.cursor(start);
    while (seen < count && cursor.hasNext()) {
      byte[] key = cursor.next();
      entries.entry(key, cursor.getValue());
      seen++;
    }
    return seen;
  }

  @Override public void settle() {
    store.commit();
    store.compactFile(60_000);
  }

  @Override public void close() {
    store.close();
  }
}
