package nokv.engine.lsm;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import nokv.api.CorruptException;
import nokv.engine.lsm.manifest.Bound;
import nokv.engine.lsm.manifest.Manifest;
import nokv.engine.lsm.manifest.Span;
import nokv.engine.lsm.manifest.TableMeta;
import nokv.engine.lsm.manifest.ValueReference;
import nokv.engine.lsm.range.RangeDeletes;
import nokv.engine.lsm.table.BlockCache;
import nokv.engine.lsm.table.Compression;
import nokv.engine.lsm.table.RangeTombstone;
import nokv.engine.lsm.table.TableProperties;
import nokv.engine.lsm.table.TableReader;
import nokv.engine.lsm.table.TableWriter;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The files of the tables: makes, opens and deletes them. Thread-safe. */
final class TableFiles {
  private static final Logger LOG = LoggerFactory.getLogger(TableFiles.class);

  private final Directory directory;
  private final Manifest manifest;
  private final BlockCache cache;
  private final ValueUse use;
  private final Executor background;
  private final Runnable onDeleted;
  private final Queue<TableMeta> obsolete = new ConcurrentLinkedQueue<>();
  private volatile boolean closed;
  final LongAdder deleted = new LongAdder();

  /** @param onDeleted told when a table that referred to the value store is gone */
  TableFiles(Directory directory, Manifest manifest, BlockCache cache, ValueUse use, Executor background, Runnable onDeleted) {
    this.directory = directory;
    this.manifest = manifest;
    this.cache = cache;
    this.use = use;
    this.background = background;
    this.onDeleted = onDeleted;
  }

  Directory directory() {
    return directory;
  }

  ValueUse use() {
    return use;
  }

  BlockCache cache() {
    return cache;
  }

  TableOutput create(Compression compression) {
    long number = manifest.takeFileNumber();
    return new TableOutput(this, number, new TableWriter(directory.vfs().open(path(number), Vfs.Mode.CREATE), compression));
  }

  /** Opens a table that the manifest knows. */
  TableFile open(TableMeta meta) {
    TableReader reader;
    try {
      reader = TableReader.open(directory.vfs().open(path(meta.number()), Vfs.Mode.READ), cache);
    } catch (VfsException e) {
      if (e.kind() != VfsException.Cause.NOT_FOUND) throw e;
      throw new CorruptException(path(meta.number()) + " is missing, though the manifest has it. Nothing was changed. Restore it, or a backup", e);
    }
    if (reader.size() != meta.bytes() || reader.properties().entries() != meta.entries()) {
      reader.close();
      throw new CorruptException(path(meta.number()) + " is another table than the manifest says: it has " + reader.size() + " bytes, expected " + meta.bytes());
    }
    return new TableFile(meta, reader, this);
  }

  /** Reads a table that was just written back in full, and opens it. On failure the file is gone. */
  TableFile openNew(long number, long order) {
    TableReader reader = null;
    try {
      reader = TableReader.open(directory.vfs().open(path(number), Vfs.Mode.READ), cache);
      reader.verify();
      return new TableFile(describe(number, order, reader), reader, this);
    } catch (Throwable e) {
      if (reader != null) reader.close();
      delete(number);
      throw e;
    }
  }

  static TableMeta describe(long number, long order, TableReader reader) {
    TableProperties p = reader.properties();
    var values = p.references().stream().map(r -> new ValueReference(r.bucket(), r.segment(), r.bytes(), r.lastOffset(), r.lastLength())).toList();
    return new TableMeta(number, reader.size(), span(p, reader.rangeDeletes()), p.entries(), p.deletes(), p.rangeDeletes(), p.minSequence(), p.maxSequence(), p.maxVersion(),
        order, p.outOfOrder(), values);
  }

  private static Span span(TableProperties p, List<RangeTombstone> rangeDeletes) {
    Span span = null;
    byte[] smallest = p.smallest();
    byte[] largest = p.largest();
    if (smallest != null && largest != null) span = new Span(bound(smallest), Bound.after(largest[0] & 0xff, userKey(largest)));
    for (RangeTombstone delete : rangeDeletes) span = span == null ? RangeDeletes.span(delete) : span.cover(RangeDeletes.span(delete));
    if (span == null) throw new IllegalStateException("a table without entries");
    return span;
  }

  private static Bound bound(byte[] familyAndKey) {
    return new Bound(familyAndKey[0] & 0xff, userKey(familyAndKey));
  }

  private static byte[] userKey(byte[] familyAndKey) {
    return java.util.Arrays.copyOfRange(familyAndKey, 1, familyAndKey.length);
  }

  /** Makes the names of new tables durable. */
  void syncDirectory() {
    directory.vfs().syncDirectory(directory.tables());
  }

  /** Gives up a new table that was not installed. */
  void discard(TableFile table) {
    table.markObsolete();
    table.release();
  }

  /** Deletes the file from a background task, so that no reader waits for it. After {@link #close} it is left over. */
  void deleteLater(TableMeta meta) {
    if (closed) return;
    obsolete.add(meta);
    background.execute(() -> {
      if (deleteObsolete()) onDeleted.run();
    });
  }

  /** Whether one of them referred to the value store. */
  private synchronized boolean deleteObsolete() {
    boolean referred = false;
    for (TableMeta meta; (meta = obsolete.poll()) != null; ) {
      delete(meta.number());
      deleted.increment();
      referred |= !meta.values().isEmpty();
    }
    return referred;
  }

  /** Deletes what is waiting to be deleted. From now on another process may have the directory. */
  void close() {
    closed = true;
    deleteObsolete();
  }

  /** A file that cannot be deleted is left over, and the next opening tries again. */
  void delete(long number) {
    try {
      directory.vfs().delete(path(number));
    } catch (VfsException e) {
      LOG.warn("{} is not needed but could not be deleted: {}", path(number), e.getMessage());
    }
  }

  /** Deletes what is in the directory and not live; returns how many files that were. */
  int deleteOrphans(Set<String> live) {
    var orphans = new ArrayList<String>();
    for (String name : directory.vfs().list(directory.tables())) if (!live.contains(name)) orphans.add(name);
    for (String name : orphans) directory.vfs().delete(directory.table(name));
    // Their numbers may be given again, so the old content must not come back under a new table's name.
    if (!orphans.isEmpty()) syncDirectory();
    return orphans.size();
  }

  private String path(long number) {
    return directory.table(TableMeta.fileName(number));
  }
}
