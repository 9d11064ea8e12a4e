package nokv.engine.lsm;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import nokv.api.ClosedException;
import nokv.engine.lsm.Levels.Placed;
import nokv.engine.lsm.compaction.Shape;
import nokv.engine.lsm.manifest.Change;
import nokv.engine.lsm.manifest.Change.AddTable;
import nokv.engine.lsm.manifest.Change.RemoveTable;
import nokv.engine.lsm.manifest.Manifest;

/**
 * The current {@link View} and the changes from one to the next. A change of tables is first an edit of the manifest, durable, and then a new view; {@code edits} keeps both in
 * one order. {@code change} guards the exchange of the view alone, so that sealing a memtable never waits for an edit. Thread-safe.
 */
final class VersionSet implements AutoCloseable {
  private final Manifest manifest;
  private final ReentrantLock edits = new ReentrantLock();
  private final ReentrantLock change = new ReentrantLock();
  private volatile View current;
  private volatile boolean closed;

  /** Takes over the holds on all that it is given. @param sealed newest first */
  VersionSet(Manifest manifest, Buffer active, List<Buffer> sealed, List<Placed> tables) {
    this.manifest = manifest;
    Levels levels = Levels.of(tables);
    current = new View(active, sealed, levels);
    active.release();
    for (Buffer buffer : sealed) buffer.release();
    for (Placed placed : tables) placed.table().release();
    levels.release();
  }

  /** The current view, to be left by the same stripe. */
  View enter(int stripe) {
    while (true) {
      View view = current;
      view.enter(stripe);
      if (view == current && !closed) return view;
      view.leave(stripe);
      if (closed) throw new ClosedException("the store was closed");
    }
  }

  boolean isCurrent(View view) {
    return view == current;
  }

  /** For looking only at what is immutable and never freed: shapes and sizes. */
  View peek() {
    return current;
  }

  /** Makes {@code next}, which is taken over, the active memtable. Called only by who holds the commits' memtable. */
  void seal(Buffer next) {
    change.lock();
    try {
      View before = current;
      var sealed = new ArrayList<Buffer>(before.sealed.size() + 1);
      sealed.add(before.active);
      sealed.addAll(before.sealed);
      exchange(new View(next, List.copyOf(sealed), before.levels));
      next.release();
    } finally {
      change.unlock();
    }
  }

  /**
   * Replaces memtables and tables by tables, durably and for every reader at once.
   *
   * @param flushed memtables whose content is in {@code added}
   * @param added taken over
   * @param further changes for the same edit
   * @throws nokv.api.DiskFullException nothing was changed
   * @throws nokv.api.ReadOnlyException whether the change is durable is unknown: delete none of the files
   */
  void install(List<Buffer> flushed, List<Placed> removed, List<Placed> added, List<Change> further) {
    edits.lock();
    try {
      var edit = new ArrayList<Change>();
      for (Placed placed : removed) edit.add(new RemoveTable(placed.level(), placed.table().meta.number()));
      for (Placed placed : added) edit.add(new AddTable(placed.level(), placed.table().meta));
      edit.addAll(further);
      manifest.edit(edit);
      exchangeTables(flushed, removed, added);
    } finally {
      edits.unlock();
    }
  }

  /** An edit of how far the log is needed; {@code flushed} is asked while no flush can say so too. */
  void editFlushed(Supplier<Change.Flushed> flushed) {
    edits.lock();
    try {
      manifest.edit(List.of(flushed.get()));
    } finally {
      edits.unlock();
    }
  }

  /** Runs something while tables and the manifest stay as they are; short. */
  void betweenEdits(Runnable action) {
    edits.lock();
    try {
      action.run();
    } finally {
      edits.unlock();
    }
  }

  private void exchangeTables(List<Buffer> flushed, List<Placed> removed, List<Placed> added) {
    Set<Long> gone = new HashSet<>();
    for (Placed placed : removed) gone.add(placed.table().meta.number());
    Set<Long> stay = new HashSet<>();
    for (Placed placed : added) stay.add(placed.table().meta.number());
    for (Placed placed : removed) if (!stay.contains(placed.table().meta.number())) placed.table().markObsolete();
    change.lock();
    try {
      View before = current;
      Levels levels = before.levels.with(gone, added);
      List<Buffer> sealed = before.sealed.stream().filter(buffer -> !flushed.contains(buffer)).toList();
      exchange(new View(before.active, sealed, levels));
      levels.release();
    } finally {
      change.unlock();
    }
    for (Placed placed : added) if (!gone.contains(placed.table().meta.number())) placed.table().release();
  }

  private void exchange(View next) {
    View before = current;
    current = next;
    before.retire();
  }

  Shape shape() {
    return current.levels.shape();
  }

  /** Lets go of the last view; readers that hold one may go on. */
  @Override public void close() {
    closed = true;
    current.retire();
  }
}
