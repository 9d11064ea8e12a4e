package nokv.engine.lsm.table;

import io.airlift.compress.v3.Compressor;
import io.airlift.compress.v3.Decompressor;
import io.airlift.compress.v3.lz4.Lz4JavaCompressor;
import io.airlift.compress.v3.lz4.Lz4JavaDecompressor;
import io.airlift.compress.v3.zstd.ZstdJavaCompressor;
import io.airlift.compress.v3.zstd.ZstdJavaDecompressor;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** How a data block is compressed; the code stands in the block's trailer. Never change one. */
public enum Compression {
  NONE(0, null, null),
  /** Fast. */
  LZ4(1, Lz4JavaCompressor::new, Lz4JavaDecompressor::new),
  /** Small. */
  ZSTD(2, ZstdJavaCompressor::new, ZstdJavaDecompressor::new);

  final byte code;
  private final @Nullable Supplier<Compressor> compressors;
  private final @Nullable Supplier<Decompressor> decompressors;
  /** Those nobody uses now: they have tables of their own that are costly to make, and serve one thread at a time. As many as ever read at once. */
  private final Queue<Decompressor> idle = new ConcurrentLinkedQueue<>();

  Compression(int code, @Nullable Supplier<Compressor> compressors, @Nullable Supplier<Decompressor> decompressors) {
    this.code = (byte) code;
    this.compressors = compressors;
    this.decompressors = decompressors;
  }

  /** The one of a code, or null where this release knows none. */
  static @Nullable Compression of(byte code) {
    for (Compression compression : values()) if (compression.code == code) return compression;
    return null;
  }

  /** For one writer; null = nothing is compressed. */
  @Nullable Compressor compressor() {
    return compressors == null ? null : compressors.get();
  }

  /** Fills {@code plain}. @throws IllegalArgumentException the bytes are not what the compressor made of so many */
  void decompress(byte[] bytes, int from, int length, byte[] plain) {
    if (decompressors == null) throw new IllegalStateException(this + " decompresses nothing");
    Decompressor decompressor = idle.poll();
    if (decompressor == null) decompressor = decompressors.get();
    try {
      int found = decompressor.decompress(bytes, from, length, plain, 0, plain.length);
      if (found != plain.length) throw new IllegalArgumentException(found + " bytes, expected " + plain.length);
    } catch (RuntimeException e) {
      // Whatever it stumbled over, and this one is not used again.
      throw new IllegalArgumentException(e);
    }
    idle.add(decompressor);
  }
}
