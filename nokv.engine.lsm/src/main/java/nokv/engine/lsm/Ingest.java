package nokv.engine.lsm;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import nokv.api.InvalidArgumentException;
import nokv.api.ReadOnlyException;
import nokv.engine.lsm.Levels.Placed;
import nokv.engine.lsm.compaction.Retention;
import nokv.engine.lsm.compaction.Shape;
import nokv.engine.lsm.compaction.Survivors;
import nokv.engine.lsm.manifest.Change;
import nokv.engine.lsm.manifest.Span;
import nokv.engine.lsm.table.BlockCache;
import nokv.engine.lsm.table.TableReader;
import nokv.spi.Vfs;
import org.jspecify.annotations.Nullable;

/**
 * Takes tables of another store in: each is written anew as one or more of this store, all entries with one new sequence, large values going to the value log, and all are installed in one edit.
 * Where nothing overlaps them they go straight to the last level and are not merged again; otherwise to level 0, marked so that readers look further where older sources may be newer.
 */
final class Ingest {
  private final Core core;
  private final Vfs vfs;
  private final long sequence;
  private final LongConsumer progress;
  private final List<TableFile> tables = new ArrayList<>();
  private @Nullable Span taken;

  /** @param sequence given for this alone, greater than those of all that is in memtables or tables */
  Ingest(Core core, Vfs vfs, long sequence, LongConsumer progress) {
    this.core = core;
    this.vfs = vfs;
    this.sequence = sequence;
    this.progress = progress;
  }

  /** @param paths of tables in the order of their keys */
  void run(List<String> paths) {
    try (var values = core.jobValues()) {
      try {
        long bytes = 0;
        for (String path : paths) progress.accept(bytes += take(path, values));
        if (tables.stream().anyMatch(table -> !table.meta.values().isEmpty())) values.sync();
        core.files.syncDirectory();
      } catch (Throwable e) {
        tables.forEach(core.files::discard);
        throw e;
      }
      install();
    }
  }

  private long take(String path, JobValues values) {
    try (TableReader source = TableReader.open(vfs.open(path, Vfs.Mode.READ), new BlockCache(0))) {
      if (!source.properties().references().isEmpty() || !source.rangeDeletes().isEmpty()) {
        throw new InvalidArgumentException(path + " is a table of a store: it refers to a value log or has range deletes. Export the store instead");
      }
      var survivors = new Survivors(Retention.NOTHING_DROPPED, (family, key, version, entrySequence, limit) -> false, (family, key) -> true);
      boolean outOfOrder = source.properties().minVersion() <= core.maxVersion();
      var target = new Merge.Target(core.options.levels().tableBytes(), sequence, outOfOrder, core.options.compression(Shape.LAST));
      var merge = new Merge(core.files, survivors, List.of(), target, new Merge.Moves(core.values.thresholdBytes(), Set.of()), values, bytes -> core.background.requireOpen());
      for (TableFile table : merge.run(ForwardWalk.resequenced(source.scan(), sequence))) add(path, table);
      return source.size();
    }
  }

  private void add(String path, TableFile table) {
    tables.add(table);
    Span span = table.meta.span();
    if (taken != null && taken.end().compareTo(span.start()) > 0) {
      throw new InvalidArgumentException(path + " begins at " + span.start() + ", before the table given before it ends; give tables in the order of their keys, those that overlap one after the other");
    }
    taken = span;
  }

  private void install() {
    boolean alone = core.versions.peek().active.entries() == 0 && tables.stream().noneMatch(table -> core.versions.shape().anyOverlapping(0, table.meta.span()));
    var added = tables.stream().map(table -> new Placed(alone ? Shape.LAST : 0, table)).toList();
    long maxVersion = tables.stream().mapToLong(table -> table.meta.maxVersion()).max().orElse(0);
    try {
      core.versions.install(List.of(), List.of(), added, List.of(new Change.MaxVersion(maxVersion)));
    } catch (ReadOnlyException e) {
      // The edit may be durable, so the files must stay; the next opening knows.
      tables.forEach(TableFile::release);
      throw e;
    } catch (Throwable e) {
      tables.forEach(core.files::discard);
      throw e;
    }
    core.sawVersion(maxVersion);
    core.background.wake();
  }
}
