package nokv.engine.lsm.manifest;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import nokv.api.CorruptException;
import nokv.api.TooNewException;
import nokv.api.TooOldException;
import nokv.engine.lsm.manifest.Change.AddTable;
import nokv.engine.lsm.manifest.Change.Flushed;
import nokv.engine.lsm.manifest.Change.MaxVersion;
import nokv.engine.lsm.manifest.Change.Metadata;
import nokv.engine.lsm.manifest.Change.NextFile;
import nokv.engine.lsm.manifest.Change.RemoveTable;

/**
 * The bytes of a manifest: a header, then one record for each edit.
 * <pre>
 *  0        4                  12        16        20
 *  +--------+------------------+---------+---------+
 *  | "NoKV" | "manifest"       | version | crc32c  |   header
 *  +--------+------------------+---------+---------+
 *  0        4        8         12        12+n
 *  +--------+--------+---------+---------+
 *  | crc32c | length | changes | n bytes |             record
 *  +--------+--------+---------+---------+
 * </pre>
 * Little-endian. The header's checksum covers the 16 bytes before it. A record's covers everything after itself; {@code length} is n, {@code changes} how many changes
 * the n bytes hold. A change is one tag byte and its fields; a field of bytes is its length (int) and the bytes.
 */
final class ManifestFormat {
  static final int VERSION = 1;
  static final int HEADER_BYTES = 20;
  static final int RECORD_CRC_OFFSET = 0;
  static final int RECORD_LENGTH_OFFSET = 4;
  static final int RECORD_CHANGES_OFFSET = 8;
  static final int RECORD_HEADER_BYTES = 12;
  /** No record is longer: a length beyond it is damage. */
  static final int MAX_RECORD_BYTES = 1 << 30;

  private static final byte[] MAGIC = "NoKVmanifest".getBytes(StandardCharsets.US_ASCII);
  private static final int HEADER_VERSION_OFFSET = 12;
  private static final int HEADER_CRC_OFFSET = 16;

  private static final byte ADD_TABLE = 1;
  private static final byte REMOVE_TABLE = 2;
  private static final byte FLUSHED = 3;
  private static final byte NEXT_FILE = 4;
  private static final byte MAX_VERSION = 5;
  private static final byte METADATA = 6;

  private ManifestFormat() {}

  static byte[] header() {
    var header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN).put(MAGIC).putInt(VERSION);
    return header.putInt(crc(header.array(), 0, HEADER_CRC_OFFSET)).array();
  }

  static void checkHeader(String path, byte[] file) {
    if (file.length < HEADER_BYTES) throw new CorruptException(path + " is cut off: " + file.length + " bytes, a manifest's header has " + HEADER_BYTES);
    var header = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < MAGIC.length; i++) if (file[i] != MAGIC[i]) throw new CorruptException(path + " is not a manifest: damaged at offset " + i);
    int crc = crc(file, 0, HEADER_CRC_OFFSET);
    if (header.getInt(HEADER_CRC_OFFSET) != crc) throw new CorruptException(path + " is damaged at offset 0 (header checksum)");
    int version = header.getInt(HEADER_VERSION_OFFSET);
    if (version > VERSION) throw new TooNewException(path + " is a manifest of version " + version + "; this build reads up to " + VERSION + ": use a newer build");
    if (version < 1) throw new TooOldException(path + " is a manifest of version " + version + "; this build reads from 1");
  }

  static byte[] encode(List<Change> edit) {
    int length = 0;
    for (Change change : edit) length += bytes(change);
    var record = ByteBuffer.allocate(RECORD_HEADER_BYTES + length).order(ByteOrder.LITTLE_ENDIAN);
    record.putInt(RECORD_LENGTH_OFFSET, length).putInt(RECORD_CHANGES_OFFSET, edit.size()).position(RECORD_HEADER_BYTES);
    for (Change change : edit) put(record, change);
    return record.putInt(RECORD_CRC_OFFSET, crc(record.array(), RECORD_LENGTH_OFFSET, RECORD_HEADER_BYTES - RECORD_LENGTH_OFFSET + length)).array();
  }

  /** The length of the whole record at {@code offset}, or -1 if there is no sound one. */
  static int recordBytes(byte[] file, int offset) {
    if (file.length - offset < RECORD_HEADER_BYTES) return -1;
    var buffer = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int length = buffer.getInt(offset + RECORD_LENGTH_OFFSET);
    if (length < 0 || length > MAX_RECORD_BYTES || length > file.length - offset - RECORD_HEADER_BYTES) return -1;
    int crc = crc(file, offset + RECORD_LENGTH_OFFSET, RECORD_HEADER_BYTES - RECORD_LENGTH_OFFSET + length);
    return crc == buffer.getInt(offset + RECORD_CRC_OFFSET) ? RECORD_HEADER_BYTES + length : -1;
  }

  /** The changes of a record whose checksum is right. */
  static List<Change> decode(String path, byte[] file, int offset, int recordBytes) {
    var record = ByteBuffer.wrap(file, offset, recordBytes).order(ByteOrder.LITTLE_ENDIAN);
    int changes = record.getInt(offset + RECORD_CHANGES_OFFSET);
    record.position(offset + RECORD_HEADER_BYTES);
    var edit = new ArrayList<Change>();
    try {
      for (int i = 0; i < changes; i++) edit.add(change(record));
    } catch (BufferUnderflowException | NegativeArraySizeException | IllegalStateException e) {
      throw new CorruptException(path + " has an edit at offset " + offset + " that does not read as one, though its checksum is right", e);
    }
    return edit;
  }

  private static int bytes(Change change) {
    return 1 + switch (change) {
      case AddTable(int _, TableMeta t) -> 4 + 9 * 8 + 1 + bytes(t.span().start()) + bytes(t.span().end()) + 4 + t.values().size() * 28;
      case RemoveTable _ -> 4 + 8;
      case Flushed _ -> 16;
      case NextFile _, MaxVersion _ -> 8;
      case Metadata(String name, byte[] value) -> 4 + name.getBytes(StandardCharsets.UTF_8).length + 4 + (value == null ? 0 : value.length);
    };
  }

  private static int bytes(Bound bound) {
    return 4 + 4 + bound.key().length;
  }

  private static void put(ByteBuffer out, Change change) {
    switch (change) {
      case AddTable(int level, TableMeta t) -> {
        out.put(ADD_TABLE).putInt(level).putLong(t.number()).putLong(t.bytes());
        putBound(out, t.span().start());
        putBound(out, t.span().end());
        out.putLong(t.entries()).putLong(t.deletes()).putLong(t.rangeDeletes()).putLong(t.minSequence()).putLong(t.maxSequence()).putLong(t.maxVersion()).putLong(t.order());
        out.put((byte) (t.outOfOrder() ? 1 : 0)).putInt(t.values().size());
        for (ValueReference v : t.values()) out.putInt(v.bucket()).putInt(v.segment()).putLong(v.bytes()).putLong(v.lastOffset()).putInt(v.lastLength());
      }
      case RemoveTable(int level, long number) -> out.put(REMOVE_TABLE).putInt(level).putLong(number);
      case Flushed(long sequence, long walSegment) -> out.put(FLUSHED).putLong(sequence).putLong(walSegment);
      case NextFile(long number) -> out.put(NEXT_FILE).putLong(number);
      case MaxVersion(long version) -> out.put(MAX_VERSION).putLong(version);
      case Metadata(String name, byte[] value) -> {
        out.put(METADATA);
        putBytes(out, name.getBytes(StandardCharsets.UTF_8));
        if (value == null) out.putInt(-1);
        else putBytes(out, value);
      }
    }
  }

  private static Change change(ByteBuffer in) {
    byte tag = in.get();
    return switch (tag) {
      case ADD_TABLE -> {
        int level = in.getInt();
        long number = in.getLong();
        long bytes = in.getLong();
        var span = new Span(bound(in), bound(in));
        long entries = in.getLong();
        long deletes = in.getLong();
        long rangeDeletes = in.getLong();
        long minSequence = in.getLong();
        long maxSequence = in.getLong();
        long maxVersion = in.getLong();
        long order = in.getLong();
        boolean outOfOrder = in.get() != 0;
        var values = new ArrayList<ValueReference>();
        for (int n = in.getInt(); n > 0; n--) values.add(new ValueReference(in.getInt(), in.getInt(), in.getLong(), in.getLong(), in.getInt()));
        yield new AddTable(level, new TableMeta(number, bytes, span, entries, deletes, rangeDeletes, minSequence, maxSequence, maxVersion, order, outOfOrder,
            List.copyOf(values)));
      }
      case REMOVE_TABLE -> new RemoveTable(in.getInt(), in.getLong());
      case FLUSHED -> new Flushed(in.getLong(), in.getLong());
      case NEXT_FILE -> new NextFile(in.getLong());
      case MAX_VERSION -> new MaxVersion(in.getLong());
      case METADATA -> {
        byte[] name = bytes(in, in.getInt());
        int length = in.getInt();
        yield new Metadata(new String(name, StandardCharsets.UTF_8), length < 0 ? null : bytes(in, length));
      }
      default -> throw new IllegalStateException("change of unknown kind " + tag);
    };
  }

  private static void putBound(ByteBuffer out, Bound bound) {
    out.putInt(bound.family());
    putBytes(out, bound.key());
  }

  private static Bound bound(ByteBuffer in) {
    return new Bound(in.getInt(), bytes(in, in.getInt()));
  }

  private static void putBytes(ByteBuffer out, byte[] bytes) {
    out.putInt(bytes.length).put(bytes);
  }

  private static byte[] bytes(ByteBuffer in, int length) {
    if (length > in.remaining()) throw new BufferUnderflowException();
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  static int crc(byte[] bytes, int offset, int length) {
    var crc = new CRC32C();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }
}
