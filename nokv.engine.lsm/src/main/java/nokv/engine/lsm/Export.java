package nokv.engine.lsm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;
import nokv.api.ColumnFamily;
import nokv.api.KeyRange;
import nokv.engine.lsm.manifest.TableMeta;
import nokv.engine.lsm.table.Compression;
import nokv.engine.lsm.table.InternalKey;
import nokv.engine.lsm.table.TableWriter;
import nokv.engine.lsm.table.ValueHeader;
import nokv.spi.EngineCursor;
import nokv.spi.StorageEngine;
import nokv.spi.Vfs;
import org.jspecify.annotations.Nullable;

/** Writes what a pin shows of some versions to tables that need nothing else: no value log, no sequences, no range deletes. Used once, by one thread. */
final class Export {
  private static final int FAMILIES = 256;
  /** Sequences belong to the store that gives them; what takes the table in gives its own. */
  private static final long NO_SEQUENCE = 0;
  private static final long BYTES_BETWEEN_REPORTS = 1 << 20;

  private final StorageEngine engine;
  private final Vfs vfs;
  private final String directory;
  private final long tableBytes;
  private final Compression compression;
  private final LongConsumer progress;
  private final List<String> files = new ArrayList<>();
  private @Nullable TableWriter output;
  private byte[] lastKey = {};
  private long entries;
  private long finishedBytes;
  private long reported;

  Export(StorageEngine engine, Vfs vfs, String directory, long tableBytes, Compression compression, LongConsumer progress) {
    this.engine = engine;
    this.vfs = vfs;
    this.directory = directory;
    this.tableBytes = tableBytes;
    this.compression = compression;
    this.progress = progress;
  }

  StorageEngine.Exported run(long fromVersion, long toVersion, StorageEngine.Pin pin) {
    long greatest = fromVersion - 1;
    try {
      for (int family = 0; family < FAMILIES; family++) {
        if (family == ColumnFamily.LOCAL.id()) continue;
        try (EngineCursor cursor = engine.versions(family, KeyRange.ALL, pin)) {
          for (lastKey = new byte[0]; cursor.next(); ) {
            long version = cursor.version();
            if (version < fromVersion || version >= toVersion) continue;
            add(family, cursor);
            greatest = Math.max(greatest, version);
          }
        }
      }
      finishTable();
    } finally {
      if (output != null) output.close();
    }
    vfs.syncDirectory(directory);
    progress.accept(finishedBytes);
    return new StorageEngine.Exported(List.copyOf(files), entries, finishedBytes, greatest);
  }

  private void add(int family, EngineCursor at) {
    byte[] userKey = at.key();
    // Only between keys, so that one table has all versions of a key.
    if (output != null && output.bytes() >= tableBytes && !Arrays.equals(userKey, lastKey)) finishTable();
    lastKey = userKey;
    TableWriter to = output();
    byte[] key = InternalKey.of(family, userKey, at.version(), NO_SEQUENCE);
    byte[] value = at.value();
    byte[] whole = new byte[ValueHeader.bytes(at.version(), at.startTimestamp(), at.expiryMillis()) + value.length];
    MemorySegment target = MemorySegment.ofArray(whole);
    long valueAt = ValueHeader.write(target, 0, at.version(), at.kind(), at.startTimestamp(), at.expiryMillis());
    MemorySegment.copy(value, 0, target, ValueLayout.JAVA_BYTE, valueAt, value.length);
    to.add(key, key.length, target, 0, whole.length);
    entries++;
    long bytes = finishedBytes + to.bytes();
    if (bytes - reported >= BYTES_BETWEEN_REPORTS) progress.accept(reported = bytes);
  }

  private TableWriter output() {
    if (output == null) {
      String name = TableMeta.fileName(files.size() + 1L);
      output = new TableWriter(vfs.open(directory + "/" + name, Vfs.Mode.CREATE), compression);
      files.add(name);
    }
    return output;
  }

  private void finishTable() {
    if (output == null) return;
    try (TableWriter ready = output) {
      output = null;
      ready.finish();
      finishedBytes += ready.bytes();
    }
  }
}
