package nokv.bench;

import java.nio.file.Path;
import java.util.List;

/** The engines by name. All have about the same memory: {@value #CACHE_BYTES} bytes of cache, three write buffers of {@value #WRITE_BUFFER_BYTES}. */
final class Engines {
  static final long CACHE_BYTES = 256L << 20;
  static final long WRITE_BUFFER_BYTES = 64L << 20;
  static final List<String> NAMES = List.of("nokv", "nokv-skiplist", "rocksdb", "blobdb", "lmdb", "mvstore");

  /** Those that keep a write which was not synced when the process is killed; the others cannot take part in {@link Row#REOPEN}. */
  static final List<String> LOGGED = List.of("nokv", "nokv-skiplist", "rocksdb", "blobdb");

  private Engines() {}

  /** @param sync whether a write returns only when it is on the disk */
  static Engine open(String name, Path directory, boolean sync) throws Exception {
    return switch (name) {
      case "nokv" -> new NoKvEngine(directory, sync, "art");
      case "nokv-skiplist" -> new NoKvEngine(directory, sync, "skiplist");
      case "rocksdb" -> new RocksEngine(directory, sync, false);
      case "blobdb" -> new RocksEngine(directory, sync, true);
      case "lmdb" -> new LmdbEngine(directory, sync);
      case "mvstore" -> new MvStoreEngine(directory, sync);
      default -> throw new IllegalArgumentException("no engine named " + name + "; known are " + NAMES);
    };
  }
}
