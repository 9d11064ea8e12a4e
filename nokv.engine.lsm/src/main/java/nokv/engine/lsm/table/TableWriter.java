package nokv.engine.lsm.table;

import io.airlift.compress.v3.Compressor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import nokv.engine.lsm.table.TableFormat.Handle;
import nokv.spi.VfsFile;
import org.jspecify.annotations.Nullable;

/**
 * Writes one table, front to back, through a buffer of {@value #BUFFER_BYTES} bytes. Besides that it holds one block, the index and eight bytes for each key until it is finished. Not
 * thread-safe.
 *
 * <p>After a {@link nokv.spi.VfsException} the table is to be given up: close the writer and delete the file.
 */
public final class TableWriter implements AutoCloseable {
  /** A data block ends with the entry that takes it to this size. */
  public static final int BLOCK_BYTES = 4 << 10;
  static final int BUFFER_BYTES = 256 << 10;

  private final VfsFile file;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment buffer = arena.allocate(BUFFER_BYTES, 64);
  private final Compression compression;
  private final @Nullable Compressor compressor;
  private byte[] compressed = {};
  private int buffered;
  private long written;

  private final BlockBuilder data = new BlockBuilder(2 * BLOCK_BYTES);
  private final BlockBuilder index = new BlockBuilder(BLOCK_BYTES);
  private @Nullable Handle unindexed;
  private byte[] previous = new byte[64];
  private int previousLength;

  private final TableStatistics statistics = new TableStatistics();
  private final List<RangeTombstone> ranges = new ArrayList<>();
  private long[] hashes = new long[1024];
  private int keys;
  private boolean outOfOrder;
  private boolean finished;

  /** @param file empty; closed with the writer */
  public TableWriter(VfsFile file) {
    this(file, Compression.NONE);
  }

  /** @param compression of the data blocks that get smaller by an eighth at least */
  public TableWriter(VfsFile file, Compression compression) {
    this.file = file;
    this.compression = compression;
    this.compressor = compression.compressor();
    TableFormat.writeHeader(buffer, version());
    buffered = TableFormat.HEADER_BYTES;
  }

  /**
   * Adds an entry.
   *
   * @throws IllegalArgumentException if its key is not behind the one added before
   */
  public void add(Entry at) {
    add(at.key(), at.keyLength(), at.value(), at.valueOffset(), at.valueLength());
  }

  /** Adds an entry: an internal key, at the start of an array, and a value with its {@link ValueHeader}. @throws IllegalArgumentException if the key is not behind the one added before */
  public void add(byte[] key, int keyLength, MemorySegment value, long valueAt, int valueLength) {
    if (previousLength > 0 && InternalKey.compare(key, keyLength, previous, 0, previousLength) <= 0) {
      throw new IllegalArgumentException(file.path() + ": key " + InternalKey.toString(Arrays.copyOf(key, keyLength)) + " is not behind "
          + InternalKey.toString(Arrays.copyOf(previous, previousLength)));
    }
    if (unindexed != null) index(Separator.between(previous, previousLength, key, keyLength), unindexed);
    int user = keyLength - InternalKey.TRAILER_BYTES;
    boolean newUserKey = keyLength != previousLength || Arrays.mismatch(key, 0, user, previous, 0, user) >= 0;
    if (newUserKey) addHash(Bloom.hash(key, user));
    statistics.add(key, keyLength, value, valueAt, valueLength);
    data.add(key, keyLength, value, valueAt, valueLength);
    if (previous.length < keyLength) previous = new byte[2 * keyLength];
    System.arraycopy(key, 0, previous, 0, keyLength);
    previousLength = keyLength;
    if (data.byteSize() >= BLOCK_BYTES) finishDataBlock();
  }

  private void addHash(long hash) {
    if (keys == hashes.length) hashes = Arrays.copyOf(hashes, 2 * keys);
    hashes[keys++] = hash;
  }

  /** In any order, at any time before {@link #finish}. */
  public void addRangeDelete(RangeTombstone tombstone) {
    ranges.add(tombstone);
    statistics.see(tombstone.version(), tombstone.sequence());
  }

  /** Says that older sources may hold newer versions of this table's keys. */
  public void setOutOfOrder() {
    outOfOrder = true;
  }

  public long entries() {
    return statistics.entries();
  }

  public boolean isEmpty() {
    return entries() == 0 && ranges.isEmpty();
  }

  /** Bytes of the file so far, the block under way and the filter to come included: when to begin another table. After {@link #finish}, exact. */
  public long bytes() {
    return finished ? written : written + buffered + data.byteSize() + index.byteSize() + (long) keys * Bloom.BITS_PER_KEY / Byte.SIZE;
  }

  /** Writes the rest and syncs the file. The file's directory is for the caller to sync. */
  public TableProperties finish() {
    finishDataBlock();
    if (unindexed != null) index(Arrays.copyOf(previous, previousLength), unindexed);
    var handles = new Handle[TableFormat.HANDLES];
    handles[TableFormat.FILTER] = writeBlock(Bloom.build(hashes, keys, arena));
    handles[TableFormat.RANGES] = writeBlock(rangesBlock());
    handles[TableFormat.INDEX] = writeBlock(index.finish());
    byte[] largest = previousLength == 0 ? null : Arrays.copyOf(previous, previousLength - InternalKey.TRAILER_BYTES);
    TableProperties properties = statistics.properties(ranges.size(), largest, outOfOrder);
    handles[TableFormat.PROPERTIES] = writeBlock(MemorySegment.ofArray(properties.encode()));
    MemorySegment footer = arena.allocate(TableFormat.FOOTER_BYTES);
    TableFormat.writeFooter(footer, handles, version());
    write(footer);
    drain();
    file.sync();
    finished = true;
    return properties;
  }

  private MemorySegment rangesBlock() {
    var builder = new BlockBuilder(BLOCK_BYTES);
    record Keyed(byte[] key, byte[] end) {}
    ranges.stream().map(r -> new Keyed(InternalKey.of(r.family(), r.start(), r.version(), r.sequence()), r.end()))
        .sorted(Comparator.comparing(Keyed::key, InternalKey::compare))
        .forEach(r -> builder.add(r.key, r.key.length, MemorySegment.ofArray(r.end), 0, r.end.length));
    return builder.finish();
  }

  private void finishDataBlock() {
    if (data.isEmpty()) return;
    unindexed = compressor == null ? writeBlock(data.finish()) : writeCompressed(compressor, data.finish());
    data.reset();
  }

  private int version() {
    return compressor == null ? TableFormat.PLAIN_VERSION : TableFormat.VERSION;
  }

  private Handle writeCompressed(Compressor with, MemorySegment plain) {
    int length = Math.toIntExact(plain.byteSize());
    int most = TableFormat.PLAIN_LENGTH_BYTES + with.maxCompressedLength(length);
    if (compressed.length < most) compressed = new byte[most];
    byte[] bytes = plain.toArray(ValueLayout.JAVA_BYTE);
    int size = TableFormat.PLAIN_LENGTH_BYTES + with.compress(bytes, 0, length, compressed, TableFormat.PLAIN_LENGTH_BYTES, most - TableFormat.PLAIN_LENGTH_BYTES);
    if (size > length - length / 8 || length / size >= TableFormat.MAX_COMPRESSION_RATIO) return writeBlock(plain);
    MemorySegment content = MemorySegment.ofArray(compressed).asSlice(0, size);
    content.set(TableFormat.INT, 0, length);
    return writeBlock(content, compression);
  }

  private void index(byte[] separator, Handle handle) {
    byte[] value = new byte[Varint.bytes(handle.offset()) + Varint.bytes(handle.length())];
    Varint.put(value, Varint.put(value, 0, handle.offset()), handle.length());
    index.add(separator, separator.length, MemorySegment.ofArray(value), 0, value.length);
    unindexed = null;
  }

  private Handle writeBlock(MemorySegment content) {
    return writeBlock(content, Compression.NONE);
  }

  private Handle writeBlock(MemorySegment content, Compression as) {
    var handle = new Handle(written + buffered, Math.toIntExact(content.byteSize()));
    var trailer = MemorySegment.ofArray(new byte[TableFormat.BLOCK_TRAILER_BYTES]);
    trailer.set(ValueLayout.JAVA_BYTE, 0, as.code);
    trailer.set(TableFormat.INT, 1, TableFormat.blockCrc(content, as.code, handle.offset()));
    write(content);
    write(trailer);
    return handle;
  }

  private void write(MemorySegment bytes) {
    if (bytes.byteSize() > BUFFER_BYTES - buffered) drain();
    if (bytes.byteSize() > BUFFER_BYTES) {
      file.write(written, bytes);
      written += bytes.byteSize();
    } else {
      MemorySegment.copy(bytes, 0, buffer, buffered, bytes.byteSize());
      buffered += (int) bytes.byteSize();
    }
  }

  private void drain() {
    file.write(written, buffer.asSlice(0, buffered));
    written += buffered;
    buffered = 0;
  }

  /** Closes the file, finished or not. */
  @Override public void close() {
    if (arena.scope().isAlive()) arena.close();
    file.close();
  }
}
