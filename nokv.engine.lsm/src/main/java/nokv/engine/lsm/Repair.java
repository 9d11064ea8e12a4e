package nokv.engine.lsm;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nokv.api.CorruptException;
import nokv.api.NoKVException;
import nokv.engine.lsm.compaction.Retention;
import nokv.engine.lsm.compaction.Shape;
import nokv.engine.lsm.compaction.Survivors;
import nokv.engine.lsm.manifest.Change;
import nokv.engine.lsm.manifest.Change.AddTable;
import nokv.engine.lsm.manifest.Manifest;
import nokv.engine.lsm.manifest.TableMeta;
import nokv.engine.lsm.table.BlockCache;
import nokv.engine.lsm.table.Compression;
import nokv.engine.lsm.table.Entry;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.TableReader;
import nokv.engine.lsm.table.ValueHeader;
import nokv.engine.lsm.wal.BatchRecord;
import nokv.engine.lsm.wal.Wal;
import nokv.engine.lsm.wal.WalSalvage;
import nokv.spi.EngineLog;
import nokv.spi.ValuePointer;
import nokv.spi.ValueStore;
import nokv.spi.Vfs;
import nokv.spi.VfsFiles;
import org.jspecify.annotations.Nullable;

/*
 * What a repair makes of a damaged directory
 *
 * The aim is a store that opens and in which everything that is still whole is found again. Each part is judged by itself and what cannot be kept is moved to `lost/`, never deleted.
 *
 *  - Manifest. If it reads, it is believed. If it is missing or damaged, every sound table in sst/ is taken for live. At which level each lay is not known; so those that overlap no other go
 *    to the last level and all others to level 0, marked out of order, which makes readers look into every one and take the greatest version. Compaction sorts that out afterwards.
 *    A table that had been replaced but not yet deleted may come back with it: versions that a compaction had dropped may be seen again.
 *  - Tables. One that does not verify, or is missing, is left out. One that points to values that are lost is written again without those entries.
 *  - Log. Where it does not replay it is cut before the damage: the state is then a prefix of what was acknowledged.
 *
 * A new manifest is the last thing made, so a repair that was cut short is simply run again.
 */

/** Repairs the directory of a stopped node. Used once. */
final class Repair {
  static final String LOST = "lost";

  private final Directory directory;
  private final Vfs vfs;
  private final ValueStore values;
  private final List<String> lost = new ArrayList<>();
  private final List<AddTable> tables = new ArrayList<>();
  private @Nullable Manifest manifest;
  private long nextFile;
  private long entriesLost;
  private long flushedSequence;
  private long walSegment;
  private String logSaid = "sound";

  Repair(Directory directory, ValueStore values) {
    this.directory = directory;
    this.vfs = directory.vfs();
    this.values = values;
  }

  Map<String, Object> run() {
    String manifestSaid = readManifest();
    nextFile = greatestFileNumber() + 1;
    List<AddTable> candidates = manifest != null ? manifest.tables() : List.of();
    if (manifest != null) for (AddTable table : candidates) keep(table.level(), table.table());
    else place(tablesFound());
    flushedSequence = manifest != null ? manifest.flushedSequence() : tables.stream().mapToLong(add -> add.table().maxSequence()).max().orElse(0);
    walSegment = manifest != null ? manifest.walSegment() : WalSalvage.firstOfUnbroken(vfs, directory.path());
    repairLog();
    write();
    var result = new LinkedHashMap<String, Object>();
    result.put("ok", lost.isEmpty());
    result.put("manifest", manifestSaid);
    result.put("log", logSaid);
    result.put("tables_kept", tables.size());
    result.put("entries_lost_with_their_values", entriesLost);
    result.put("lost", lost);
    return result;
  }

  private String readManifest() {
    if (!Manifest.exists(vfs, directory.path())) return "missing; rebuilt from the tables";
    try {
      manifest = Manifest.read(vfs, directory.path(), Long.MAX_VALUE);
      return "sound";
    } catch (NoKVException e) {
      lost.add(String.valueOf(e.getMessage()));
      return "damaged; rebuilt from the tables";
    }
  }

  private long greatestFileNumber() {
    long greatest = 0;
    var names = new ArrayList<>(vfs.list(directory.path()));
    if (vfs.exists(directory.tables())) names.addAll(vfs.list(directory.tables()));
    if (vfs.exists(inLost(""))) names.addAll(vfs.list(inLost("")));
    for (String name : names) {
      String digits = name.replaceAll("\\D", "");
      if ((name.endsWith(".sst") || name.startsWith("MANIFEST-")) && !digits.isEmpty() && digits.length() < 18) greatest = Math.max(greatest, Long.parseLong(digits));
    }
    return greatest;
  }

  // --- tables ---

  private List<TableMeta> tablesFound() {
    var found = new ArrayList<TableMeta>();
    if (!vfs.exists(directory.tables())) return found;
    for (String name : vfs.list(directory.tables())) {
      if (!name.matches("\\d{6,17}\\.sst")) continue;
      long number = Long.parseLong(name.substring(0, name.length() - ".sst".length()));
      try (TableReader table = open(name)) {
        table.verify();
        found.add(marked(TableFiles.describe(number, table.properties().maxSequence(), table)));
      } catch (NoKVException e) {
        lose(directory.table(name), e);
      }
    }
    return found;
  }

  /** As one that a reader must look beyond. */
  private static TableMeta marked(TableMeta t) {
    return new TableMeta(t.number(), t.bytes(), t.span(), t.entries(), t.deletes(), t.rangeDeletes(), t.minSequence(), t.maxSequence(), t.maxVersion(), t.order(), true, t.values());
  }

  private void place(List<TableMeta> found) {
    for (TableMeta table : found) {
      boolean alone = found.stream().noneMatch(other -> other != table && other.span().overlaps(table.span()));
      keep(alone ? Shape.LAST : 0, table);
    }
  }

  /** Keeps a table, or what of it can be kept. */
  private void keep(int level, TableMeta meta) {
    String path = directory.table(meta.fileName());
    try (TableReader table = open(meta.fileName())) {
      table.verify();
      if (table.size() != meta.bytes() || table.properties().entries() != meta.entries()) throw new CorruptException(path + " is another table than the manifest says");
      long bad = meta.values().isEmpty() ? 0 : badPointers(table);
      if (bad == 0) {
        tables.add(new AddTable(level, meta));
        return;
      }
      entriesLost += bad;
      lost.add(path + " had " + bad + " entries whose values are lost; it was written again without them");
      for (TableFile rewritten : withoutBadPointers(table, meta)) {
        tables.add(new AddTable(level, rewritten.meta));
        rewritten.release();
      }
    } catch (NoKVException e) {
      lose(path, e);
      return;
    }
    moveToLost(path);
  }

  private TableReader open(String name) {
    return TableReader.open(vfs.open(directory.table(name), Vfs.Mode.READ), new BlockCache(0));
  }

  private long badPointers(TableReader table) {
    long bad = 0;
    var header = new ValueHeader();
    try (InternalIterator walk = table.scan()) {
      for (boolean more = walk.seekToFirst(); more; more = walk.next()) if (isBad(walk.entry(), header)) bad++;
    }
    return bad;
  }

  private boolean isBad(Entry at, ValueHeader header) {
    return at.header(header).isPointer() && !values.verify(header.pointer());
  }

  private List<TableFile> withoutBadPointers(TableReader table, TableMeta meta) {
    var header = new ValueHeader();
    var unstarted = Manifest.rebuilt(vfs, directory.path(), List.of(new Change.NextFile(nextFile)));
    var files = new TableFiles(directory, unstarted, new BlockCache(0), new ValueUse(), Runnable::run, () -> {});
    var survivors = new Survivors(Retention.NOTHING_DROPPED, (family, key, version, sequence, limit) -> false, (family, key) -> true);
    var appends = new java.util.concurrent.locks.ReentrantLock();
    var target = new Merge.Target(Long.MAX_VALUE, meta.order(), meta.outOfOrder(), Compression.NONE);
    var merge = new Merge(files, survivors, table.rangeDeletes(), target, Merge.Moves.NONE, new JobValues(values, appends, files.use()), bytes -> {});
    List<TableFile> rewritten = merge.run(ForwardWalk.filtered(table.scan(), at -> !isBad(at, header)));
    files.syncDirectory();
    nextFile = unstarted.takeFileNumber();
    return rewritten;
  }

  private void lose(String path, NoKVException why) {
    lost.add(String.valueOf(why.getMessage()));
    moveToLost(path);
  }

  private void moveToLost(String path) {
    if (!vfs.exists(path)) return;
    if (!vfs.exists(inLost(""))) {
      vfs.createDirectories(inLost(""));
      vfs.syncDirectory(directory.path());
    }
    vfs.rename(path, inLost(name(path)));
    vfs.syncDirectory(inLost(""));
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private String inLost(String name) {
    return directory.path() + "/" + LOST + (name.isEmpty() ? "" : "/" + name);
  }

  // --- log ---

  private boolean record(int type, MemorySegment payload, EngineLog.Position position, boolean durable) {
    if (type != BatchRecord.TYPE) return true;
    BatchRecord batch = BatchRecord.of(payload);
    if (batch.sequence() <= flushedSequence) return true;
    while (batch.next()) {
      ValuePointer pointer = batch.pointer();
      if (pointer != null && !values.verify(pointer)) return false;
    }
    return true;
  }

  private void repairLog() {
    try {
      Wal.replay(vfs, directory.path(), walSegment, this::record);
    } catch (CorruptException e) {
      lost.add(String.valueOf(e.getMessage()));
      cutLog(WalSalvage.soundEnd(vfs, directory.path(), walSegment, this::record));
    }
  }

  private void cutLog(EngineLog.Position end) {
    boolean nothingLeft = end.offset() == 0 && end.segment() <= Math.max(1, walSegment);
    logSaid = nothingLeft ? "lost from its beginning" : "cut in segment " + end.segment() + " at offset " + end.offset() + "; what was written later is lost";
    for (long segment : WalSalvage.segments(vfs, directory.path())) {
      // Where nothing is left the numbers begin anew, and no file may be there that had them before.
      if (segment < end.segment() && !nothingLeft) continue;
      String path = WalSalvage.path(directory.path(), segment);
      moveToLost(path);
      if (segment == end.segment() && end.offset() > 0) VfsFiles.copy(vfs, inLost(name(path)), end.offset(), path);
    }
    vfs.syncDirectory(directory.path() + "/wal");
    if (nothingLeft) walSegment = 0;
  }

  // --- manifest ---

  private void write() {
    var state = new ArrayList<Change>(tables);
    state.add(new Change.NextFile(nextFile));
    state.add(new Change.Flushed(flushedSequence, walSegment));
    state.add(new Change.MaxVersion(Math.max(manifest == null ? 0 : manifest.maxVersion(), tables.stream().mapToLong(add -> add.table().maxVersion()).max().orElse(0))));
    if (manifest != null) for (String name : manifest.metadataNames()) state.add(new Change.Metadata(name, manifest.metadata(name)));
    else state.addAll(Manifest.salvageMetadata(vfs, directory.path()));
    try (var rebuilt = Manifest.rebuilt(vfs, directory.path(), state)) {
      if (manifest == null) for (String name : vfs.list(directory.path())) if (Manifest.owns(name)) moveToLost(directory.path() + "/" + name);
      rebuilt.start();
    }
  }

}
