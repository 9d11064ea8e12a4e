package nokv.engine.lsm;

import java.util.Arrays;
import nokv.api.KeyRange;
import nokv.engine.lsm.compaction.Job.SegmentId;
import nokv.engine.lsm.manifest.Bound;
import nokv.engine.lsm.manifest.TableMeta;
import nokv.engine.lsm.manifest.ValueReference;
import nokv.engine.lsm.range.RangeDeletes;
import nokv.engine.lsm.table.Entry;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.InternalKey;
import nokv.engine.lsm.table.Lookup;
import nokv.engine.lsm.table.TableReader;

/** An open table of the tree. Its file is deleted when the last holder lets go of it after an edit of the manifest has removed it. Thread-safe. */
final class TableFile extends Counted {
  final TableMeta meta;
  final RangeDeletes rangeDeletes;
  private final TableReader reader;
  private final TableFiles files;
  private volatile boolean obsolete;

  TableFile(TableMeta meta, TableReader reader, TableFiles files) {
    this.meta = meta;
    this.reader = reader;
    this.files = files;
    this.rangeDeletes = RangeDeletes.of(reader.rangeDeletes());
    for (ValueReference value : meta.values()) files.use().add(new SegmentId(value.bucket(), value.segment()));
  }

  /** See {@link TableReader#get}. */
  boolean get(Lookup lookup) {
    return reader.get(lookup);
  }

  /** @param cached whether what is read is worth keeping in the cache */
  InternalIterator iterator(boolean cached) {
    return iterator(cached, new Entry());
  }

  /** @param entry what its {@link InternalIterator#entry} is to be */
  InternalIterator iterator(boolean cached, Entry entry) {
    return cached ? reader.iterator(entry) : reader.scan(entry);
  }

  boolean endsAtOrBefore(byte[] internalKey) {
    Bound end = meta.span().end();
    int family = internalKey[InternalKey.FAMILY_OFFSET] & 0xff;
    if (end.family() != family) return end.family() < family;
    return Arrays.compareUnsigned(end.key(), 0, end.key().length, internalKey, InternalKey.USER_KEY_OFFSET, internalKey.length - InternalKey.TRAILER_BYTES) <= 0;
  }

  /** About how many bytes, those in the value store included, a range of user keys takes here, over all families: as its share of the data blocks. */
  long approximateBytes(KeyRange range) {
    long inside = 0;
    Bound last = meta.span().end();
    for (int family = meta.span().start().family(); family <= last.family() && family < 256; family++) inside += bytesBefore(Bound.endOf(family, range.end())) - bytesBefore(new Bound(family, range.start()));
    long values = meta.values().stream().mapToLong(ValueReference::bytes).sum();
    return inside == reader.dataBytes() ? meta.bytes() + values : (long) ((double) inside / Math.max(1, reader.dataBytes()) * (meta.bytes() + values));
  }

  private long bytesBefore(Bound bound) {
    return bound.family() > 255 ? reader.dataBytes() : reader.bytesBefore(InternalKey.of(bound.family(), bound.key(), Long.MAX_VALUE, Long.MAX_VALUE));
  }

  /** Reads every byte back. @throws nokv.api.CorruptException naming file and offset */
  void verify() {
    reader.verify();
  }

  long pinnedBytes() {
    return reader.pinnedBytes();
  }

  /** The manifest no longer has it. */
  void markObsolete() {
    obsolete = true;
  }

  @Override void free() {
    if (obsolete) reader.evict();
    reader.close();
    for (ValueReference value : meta.values()) files.use().remove(new SegmentId(value.bucket(), value.segment()));
    if (obsolete) files.deleteLater(meta);
  }

  @Override public String toString() {
    return meta.fileName();
  }
}
