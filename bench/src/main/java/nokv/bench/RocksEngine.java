package nokv.bench;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.FlushOptions;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** RocksDB through JNI: three 64 MiB write buffers, Bloom filter of 10 bits, 256 MiB block cache, two background jobs, dynamic level bytes, no compression. */
final class RocksEngine implements Engine {
  static {
    RocksDB.loadLibrary();
  }

  private final Options options;
  private final LRUCache cache = new LRUCache(Engines.CACHE_BYTES);
  private final BloomFilter bloom = new BloomFilter(10, false);
  private final WriteOptions writeOptions;
  private final ReadOptions readOptions = new ReadOptions();
  private final RocksDB db;

  RocksEngine(Path directory, boolean sync, boolean blobs) throws RocksDBException {
    options = new Options().setCreateIfMissing(true).setWriteBufferSize(Engines.WRITE_BUFFER_BYTES).setMaxWriteBufferNumber(3)
        .setMaxBackgroundJobs(2).setLevelCompactionDynamicLevelBytes(true).setCompressionType(CompressionType.NO_COMPRESSION)
        .setTableFormatConfig(new BlockBasedTableConfig().setBlockCache(cache).setFilterPolicy(bloom));
    if (blobs) options.setEnableBlobFiles(true).setMinBlobSize(1024).setEnableBlobGarbageCollection(true);
    writeOptions = new WriteOptions().setSync(sync);
    db = RocksDB.open(options, directory.toString());
  }

  @Override public void put(byte[] key, byte[] value) {
    try {
      db.put(writeOptions, key, value);
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override public byte @Nullable [] get(byte[] key) {
    try {
      return db.get(readOptions, key);
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override public void delete(byte[] key) {
    try {
      db.delete(writeOptions, key);
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override public void putBatch(byte[][] keys, byte[][] values) {
    try (var batch = new WriteBatch()) {
      for (int i = 0; i < keys.length; i++) batch.put(keys[i], values[i]);
      db.write(writeOptions, batch);
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override public int scan(byte[] start, int count, Entries entries) {
    int seen = 0;
    try (var iterator = db.newIterator(readOptions)) {
      for (iterator.seek(start); seen < count && iterator.isValid(); iterator.next()) {
        entries.entry(iterator.key(), iterator.value());
        seen++;
      }
    }
    return seen;
  }

  @Override public void settle() {
    try (var flush = new FlushOptions().setWaitForFlush(true)) {
      db.flush(flush);
      db.compactRange();
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override public void close() {
    db.close();
    readOptions.close();
    writeOptions.close();
    options.close();
    bloom.close();
    cache.close();
  }
}
