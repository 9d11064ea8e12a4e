package nokv.engine.lsm.table;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import nokv.api.TooNewException;
import nokv.engine.lsm.table.TableFormat.Handle;
import nokv.spi.VfsFile;
import org.jspecify.annotations.Nullable;

/**
 * An open table. Index and filter stay in memory ({@link #pinnedBytes}); data blocks come through the cache. Thread-safe; its user closes it when nobody reads any more.
 *
 * <p>Whatever reads blocks throws {@link nokv.api.CorruptException}, naming file and offset, where a checksum is wrong, and {@link nokv.spi.VfsException} where the file cannot be read.
 */
public final class TableReader implements AutoCloseable {
  private final VfsFile file;
  private final BlockCache cache;
  private final Arena arena;
  private final long size;
  private final Handle[] handles;
  private final TableIndex index;
  private final Bloom filter;
  private final TableProperties properties;
  private final List<RangeTombstone> ranges;
  private final BlockCache.Slots cached;

  private TableReader(VfsFile file, BlockCache cache, Arena arena) {
    this.file = file;
    this.cache = cache;
    this.arena = arena;
    this.size = file.size();
    if (size < TableFormat.HEADER_BYTES + TableFormat.FOOTER_BYTES) throw TableFormat.corrupt(file.path(), size, "it is too short for a table");
    TableFormat.checkHeader(readBytes(0, TableFormat.HEADER_BYTES), file.path());
    long footerAt = size - TableFormat.FOOTER_BYTES;
    handles = TableFormat.readFooter(readBytes(footerAt, TableFormat.FOOTER_BYTES), file.path(), footerAt);
    properties = decode(handles[TableFormat.PROPERTIES], () -> TableProperties.decode(read(handles[TableFormat.PROPERTIES])));
    index = decode(handles[TableFormat.INDEX], () -> new TableIndex(block(handles[TableFormat.INDEX])));
    ranges = decode(handles[TableFormat.RANGES], () -> rangeDeletes(block(handles[TableFormat.RANGES])));
    byte[] lines = read(handles[TableFormat.FILTER]);
    MemorySegment aligned = arena.allocate(lines.length, Bloom.LINE_BYTES);
    MemorySegment.copy(lines, 0, aligned, ValueLayout.JAVA_BYTE, 0, lines.length);
    filter = Bloom.of(aligned);
    cached = new BlockCache.Slots(index.blocks());
  }

  /**
   * Opens a table and checks everything but its data blocks.
   *
   * @param file taken over: closed with the reader, or at once if this throws
   * @throws nokv.api.CorruptException it is damaged or no table at all
   * @throws nokv.api.TooNewException a later release wrote it
   * @throws nokv.api.TooOldException this release no longer reads it
   */
  public static TableReader open(VfsFile file, BlockCache cache) {
    Arena arena = Arena.ofShared();
    try {
      return new TableReader(file, cache, arena);
    } catch (Throwable e) {
      arena.close();
      file.close();
      throw e;
    }
  }

  private <T> T decode(Handle handle, Supplier<T> decoder) {
    try {
      return decoder.get();
    } catch (IndexOutOfBoundsException | IllegalArgumentException | ArithmeticException | NegativeArraySizeException e) {
      throw malformed(handle.offset());
    }
  }

  private RuntimeException malformed(long offset) {
    return TableFormat.corrupt(file.path(), offset, "a block is malformed though its checksum is right, so it was written so");
  }

  private static List<RangeTombstone> rangeDeletes(Block block) {
    var found = new ArrayList<RangeTombstone>();
    var cursor = new BlockCursor();
    cursor.reset(block);
    for (boolean on = cursor.first(); on; on = cursor.next()) {
      Entry at = cursor.entry();
      byte[] end = at.value().asSlice(at.valueOffset(), at.valueLength()).toArray(ValueLayout.JAVA_BYTE);
      found.add(new RangeTombstone(at.family(), at.userKey(), end, at.version(), at.sequence()));
    }
    return List.copyOf(found);
  }

  public String path() {
    return file.path();
  }

  /** Bytes of the file. */
  public long size() {
    return size;
  }

  public TableProperties properties() {
    return properties;
  }

  /** Sorted by start. */
  public List<RangeTombstone> rangeDeletes() {
    return ranges;
  }

  /** Bytes of memory that it takes as long as it is open, whatever the cache holds. */
  public long pinnedBytes() {
    return index.bytes() + handles[TableFormat.FILTER].length() + (long) index.blocks() * Long.BYTES;
  }

  /** Bytes of all data blocks. */
  public long dataBytes() {
    return handles[TableFormat.FILTER].offset();
  }

  /** Bytes of the data blocks that hold nothing at or behind an internal key. Looks at the index only. */
  public long bytesBefore(byte[] internalKey) {
    int block = index.find(internalKey, internalKey.length);
    return block == 0 ? 0 : block == index.blocks() ? dataBytes() : index.offset(block);
  }

  /** Whether an entry of the user key looked for may be here; false is certain. */
  public boolean mayContain(Lookup lookup) {
    return filter.mayContain(lookup.hash());
  }

  boolean mayContain(long hash) {
    return filter.mayContain(hash);
  }

  /** Whether it has what {@code lookup} asks, which then holds it. Range deletes are not regarded. */
  public boolean get(Lookup lookup) {
    if (!filter.mayContain(lookup.hash())) return false;
    for (int i = index.find(lookup.target(), lookup.length()); i < index.blocks(); i++) {
      switch (data(i).find(lookup)) {
        case FOUND -> {
          return true;
        }
        case ABSENT -> {
          return false;
        }
        case BEYOND_THIS_BLOCK -> { /* older versions of the key may begin the next one */ }
      }
    }
    return false;
  }

  /** Walks all entries; blocks read go into the cache. */
  public InternalIterator iterator() {
    return iterator(new Entry());
  }

  /** @param entry what its {@link InternalIterator#entry} is to be */
  public InternalIterator iterator(Entry entry) {
    return new TableIterator(index, this::data, entry);
  }

  /** Walks all entries once, forward: reads far ahead and leaves the cache to others. */
  public InternalIterator scan() {
    return scan(new Entry());
  }

  /** @param entry what its {@link InternalIterator#entry} is to be */
  public InternalIterator scan(Entry entry) {
    return new TableIterator(index, readAhead(), entry);
  }

  private TableIterator.Blocks readAhead() {
    var ahead = new ReadAhead(file, handles[TableFormat.FILTER].offset());
    return i -> blockIn(ahead.block(index.handle(i)), index.handle(i));
  }

  TableIndex index() {
    return index;
  }

  private Block data(int i) {
    Block block = cache.get(cached, i);
    if (block == null) {
      block = block(index.handle(i));
      cache.put(cached, i, block);
    }
    return block;
  }

  /** Reads a block, and keeps its trailer behind it rather than copy it. */
  private Block block(Handle handle) {
    byte[] bytes = new byte[handle.length() + TableFormat.BLOCK_TRAILER_BYTES];
    checked(readInto(bytes, handle.offset()), handle);
    return blockOf(bytes, bytes[handle.length()], handle);
  }

  private Block blockIn(MemorySegment bytes, Handle handle) {
    return blockOf(copyOfContent(bytes, handle), bytes.get(ValueLayout.JAVA_BYTE, handle.length()), handle);
  }

  private Block blockOf(byte[] bytes, byte code, Handle handle) {
    Block block = code == Compression.NONE.code ? Block.of(bytes, handle.length()) : decompressed(bytes, code, handle);
    if (block == null) throw malformed(handle.offset());
    return block;
  }

  private @Nullable Block decompressed(byte[] bytes, byte code, Handle handle) {
    Compression compression = Compression.of(code);
    if (compression == null) {
      throw new TooNewException(file.path() + " has a block with compression " + code + " at offset " + handle.offset() + ", which this release cannot read. Use a newer release.");
    }
    int length = handle.length() < TableFormat.PLAIN_LENGTH_BYTES ? -1 : MemorySegment.ofArray(bytes).get(TableFormat.INT, 0);
    if (length < 0 || length / handle.length() >= TableFormat.MAX_COMPRESSION_RATIO) return null;
    byte[] plain = new byte[length];
    try {
      compression.decompress(bytes, TableFormat.PLAIN_LENGTH_BYTES, handle.length() - TableFormat.PLAIN_LENGTH_BYTES, plain);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      return null;
    }
    return Block.of(plain, length);
  }

  /** Reads the content of a block and checks it. */
  private byte[] read(Handle handle) {
    return copyOfContent(readBytes(handle.offset(), handle.length() + TableFormat.BLOCK_TRAILER_BYTES), handle);
  }

  private byte[] copyOfContent(MemorySegment bytes, Handle handle) {
    byte[] content = new byte[handle.length()];
    MemorySegment.copy(checked(bytes, handle), ValueLayout.JAVA_BYTE, 0, content, 0, content.length);
    return content;
  }

  /** The content in a block's bytes, once their checksum is right. */
  private MemorySegment checked(MemorySegment bytes, Handle handle) {
    if (bytes.byteSize() < handle.end() - handle.offset()) throw TableFormat.corrupt(file.path(), handle.offset(), "it ends after " + bytes.byteSize() + " bytes");
    MemorySegment content = bytes.asSlice(0, handle.length());
    byte compression = bytes.get(ValueLayout.JAVA_BYTE, handle.length());
    int stored = bytes.get(TableFormat.INT, handle.length() + 1L);
    int actual = TableFormat.blockCrc(content, compression, handle.offset());
    if (stored != actual) {
      throw TableFormat.corrupt(file.path(), handle.offset(), "the checksum of " + handle.length() + " bytes is 0x" + Integer.toHexString(actual) + ", expected 0x"
          + Integer.toHexString(stored));
    }
    return content;
  }

  private MemorySegment readBytes(long offset, int length) {
    return readInto(new byte[length], offset);
  }

  private MemorySegment readInto(byte[] target, long offset) {
    MemorySegment bytes = MemorySegment.ofArray(target);
    int read = file.read(offset, bytes);
    if (read != target.length) throw TableFormat.corrupt(file.path(), offset, "it ends after " + read + " of " + target.length + " bytes");
    return bytes;
  }

  /**
   * Reads the whole file back, past the cache, and checks every checksum, the order of the keys, and that index, filter and properties are true.
   *
   * @throws nokv.api.CorruptException at the first fault
   */
  public void verify() {
    new TableCheck(this, handles, readAhead()).run();
  }

  /** Forgets what the cache holds of it: nobody will read the table again. */
  public void evict() {
    cache.close(cached);
  }

  @Override public void close() {
    if (arena.scope().isAlive()) arena.close();
    file.close();
  }
}
