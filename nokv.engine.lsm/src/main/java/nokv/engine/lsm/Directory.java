package nokv.engine.lsm;

import java.util.ArrayList;
import java.util.Set;
import nokv.api.ConfigException;
import nokv.api.CorruptException;
import nokv.api.LockedException;
import nokv.engine.lsm.manifest.Manifest;
import nokv.spi.Vfs;
import nokv.spi.VfsException;

/** The names in a node's directory: {@code LOCK CURRENT MANIFEST-* wal/ sst/ vlog/}, and whether a directory is one of ours. */
record Directory(Vfs vfs, String path) {
  private static final String LOCK = "LOCK";
  private static final Set<String> PARTS = Set.of(LOCK, "wal", "sst", "vlog", "checkpoints", Repair.LOST, Reserve.NAME);

  String tables() {
    return path + "/sst";
  }

  String table(String fileName) {
    return tables() + "/" + fileName;
  }

  /** Whether it holds a store. @throws ConfigException it holds something else */
  boolean holdsStore() {
    if (!vfs.exists(path)) return false;
    if (Manifest.exists(vfs, path)) return true;
    requireOurs();
    if (hasTables()) {
      throw new CorruptException(path + " has tables and no CURRENT that says which of them are live. Nothing was changed. Run `nokv-launcher repair --workdir " + path
          + "`, or restore CURRENT or a backup");
    }
    return false;
  }

  /** Whether it holds what may once have been a store. @throws ConfigException it holds something else */
  boolean holdsRemains() {
    if (!vfs.exists(path)) return false;
    if (Manifest.exists(vfs, path)) return true;
    requireOurs();
    return hasTables() || vfs.exists(path + "/wal");
  }

  private void requireOurs() {
    for (String name : vfs.list(path)) {
      // A first opening that was cut short leaves some of our own names and no CURRENT.
      if (!PARTS.contains(name) && !Manifest.owns(name)) {
        throw new ConfigException(path + " is not empty and holds no NoKV store: it has \"" + name + "\" and no CURRENT. Give an empty directory or the one of a store");
      }
    }
  }

  private boolean hasTables() {
    return vfs.exists(tables()) && vfs.list(tables()).stream().anyMatch(name -> name.endsWith(".sst"));
  }

  AutoCloseable lock() {
    try {
      return vfs.lock(path + "/" + LOCK);
    } catch (VfsException e) {
      if (e.kind() != VfsException.Cause.LOCKED) throw e;
      throw new LockedException(path + " is in use by another process; stop it first, or give another directory", e);
    }
  }

  /** Makes what is missing, durably: the directory itself too, with those above it that were not there. */
  void create() {
    var made = new ArrayList<String>();
    for (String at = path; made.isEmpty() || !vfs.exists(at); at = parent(at)) made.add(parent(at));
    vfs.createDirectories(tables());
    vfs.syncDirectory(path);
    for (String parent : made) vfs.syncDirectory(parent);
  }

  private static String parent(String of) {
    int slash = of.lastIndexOf('/');
    return slash < 0 ? "." : slash == 0 ? "/" : of.substring(0, slash);
  }
}
