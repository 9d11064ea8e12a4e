package nokv.engine.lsm;

import java.util.ArrayList;
import nokv.api.InvalidArgumentException;
import nokv.engine.lsm.manifest.Manifest;
import nokv.engine.lsm.wal.Wal;
import nokv.spi.Vfs;

/*
 * How a running store is copied
 *
 * A view that is held keeps its tables' files and every segment of the value log that they or its memtables refer to. While no edit of the manifest can be made, what the manifest says,
 * the view and the log from the first segment needed belong together: then the state is noted, the log up to its present end copied, and the ends of the value log noted, which lie behind every value
 * that the copied log points to. Everything else is files that no longer change, and is linked with edits going on. A flush before makes the log that is copied short.
 *
 * CURRENT is written last, so a copy that was cut short is no store.
 */

/** Makes one checkpoint. */
final class Checkpoint {
  private final Core core;
  private final Directory source;
  private final Directory target;

  Checkpoint(Core core, Directory source, Directory target) {
    this.core = core;
    this.source = source;
    this.target = target;
  }

  /** To be called after a flush. */
  void make() {
    Vfs vfs = source.vfs();
    if (vfs.exists(target.path())) throw new InvalidArgumentException(target.path() + " exists; a checkpoint makes its own directory");
    target.create();
    var manifest = new Manifest.Snapshot[1];
    var values = new Runnable[1];
    var tables = new ArrayList<TableFile>();
    int stripe = View.stripe();
    View[] view = new View[1];
    try {
      core.versions.betweenEdits(() -> {
        view[0] = core.versions.enter(stripe);
        manifest[0] = core.manifest.snapshot();
        tables.addAll(view[0].levels.all());
        Wal wal = core.wal();
        if (wal != null) wal.copyTo(target.path(), core.manifest.walSegment());
        values[0] = core.noteValues(target.path());
      });
      for (TableFile table : tables) vfs.link(source.table(table.meta.fileName()), target.table(table.meta.fileName()));
      values[0].run();
    } finally {
      if (view[0] != null) view[0].leave(stripe);
    }
    vfs.syncDirectory(target.tables());
    manifest[0].write(vfs, target.path());
  }
}
