package nokv.engine.lsm.table;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nokv.engine.lsm.table.TableProperties.Reference;
import nokv.spi.Kind;
import nokv.spi.ValuePointer;
import org.jspecify.annotations.Nullable;

/** Counts what goes into a table, for its {@link TableProperties}. Not thread-safe. */
final class TableStatistics {
  private static final class Use {
    long bytes;
    long lastOffset = -1;
    int lastLength;
  }

  private record Segment(int bucket, int segment) {}

  private final ValueHeader header = new ValueHeader();
  private final Map<Segment, Use> uses = new LinkedHashMap<>();
  private long entries;
  private long deletes;
  private byte @Nullable [] smallest;
  private long minVersion = Long.MAX_VALUE;
  private long maxVersion;
  private long minSequence = Long.MAX_VALUE;
  private long maxSequence;
  private long oldestExpiry;
  private long keyBytes;
  private long valueBytes;

  long entries() {
    return entries;
  }

  void add(byte[] key, int keyLength, MemorySegment value, long valueAt, int valueLength) {
    if (entries++ == 0) smallest = Arrays.copyOf(key, keyLength - InternalKey.TRAILER_BYTES);
    long version = InternalKey.version(key, keyLength);
    see(version, InternalKey.sequence(key, keyLength));
    keyBytes += keyLength;
    valueBytes += valueLength;
    header.read(value, valueAt, valueLength, version);
    if (header.kind() == Kind.DELETE) deletes++;
    long expiry = header.expiryMillis();
    if (expiry != 0 && (oldestExpiry == 0 || expiry < oldestExpiry)) oldestExpiry = expiry;
    if (header.isPointer()) use(header.pointer());
  }

  void see(long version, long sequence) {
    minVersion = Math.min(minVersion, version);
    maxVersion = Math.max(maxVersion, version);
    minSequence = Math.min(minSequence, sequence);
    maxSequence = Math.max(maxSequence, sequence);
  }

  private void use(ValuePointer pointer) {
    Use use = uses.computeIfAbsent(new Segment(pointer.bucket(), pointer.segment()), segment -> new Use());
    use.bytes += pointer.length();
    if (pointer.offset() > use.lastOffset) {
      use.lastOffset = pointer.offset();
      use.lastLength = pointer.length();
    }
  }

  TableProperties properties(int rangeDeletes, byte @Nullable [] largest, boolean outOfOrder) {
    boolean empty = entries == 0 && rangeDeletes == 0;
    List<Reference> references = uses.entrySet().stream()
        .map(e -> new Reference(e.getKey().bucket, e.getKey().segment, e.getValue().bytes, e.getValue().lastOffset, e.getValue().lastLength)).toList();
    return new TableProperties(entries, deletes, rangeDeletes, smallest, largest, empty ? 0 : minVersion, maxVersion, empty ? 0 : minSequence, maxSequence,
        outOfOrder, oldestExpiry, keyBytes, valueBytes, references);
  }
}
