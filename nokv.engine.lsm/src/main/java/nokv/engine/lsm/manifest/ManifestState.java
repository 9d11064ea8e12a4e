package nokv.engine.lsm.manifest;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import nokv.api.CorruptException;
import nokv.engine.lsm.manifest.Change.AddTable;
import nokv.engine.lsm.manifest.Change.Flushed;
import nokv.engine.lsm.manifest.Change.MaxVersion;
import nokv.engine.lsm.manifest.Change.Metadata;
import nokv.engine.lsm.manifest.Change.NextFile;
import nokv.engine.lsm.manifest.Change.RemoveTable;
import org.jspecify.annotations.Nullable;

/** All edits so far, added up. Not thread-safe; {@link Manifest} guards it. */
final class ManifestState {
  private final Map<Long, AddTable> tables = new TreeMap<>();
  private final Map<String, byte[]> metadata = new TreeMap<>();
  private volatile Flushed flushed = new Flushed(0, 0);
  private long nextFile = 1;
  private volatile long maxVersion;

  /** @throws CorruptException if the edit does not fit: a table is added twice or removed where it is not */
  void apply(String where, List<Change> edit) {
    for (Change change : edit) {
      switch (change) {
        case AddTable add -> {
          if (tables.put(add.table().number(), add) != null) throw new CorruptException(where + " adds table " + add.table().number() + " a second time");
        }
        case RemoveTable(int level, long number) -> {
          AddTable removed = tables.remove(number);
          if (removed == null || removed.level() != level) throw new CorruptException(where + " removes table " + number + " from level " + level + ", where it is not");
        }
        case Flushed f -> flushed = f;
        case NextFile(long number) -> nextFile = Math.max(nextFile, number);
        case MaxVersion(long version) -> maxVersion = Math.max(maxVersion, version);
        case Metadata(String name, byte[] value) -> {
          if (value == null) metadata.remove(name);
          else metadata.put(name, value);
        }
      }
    }
  }

  /** The one edit that gives this state from nothing. */
  List<Change> snapshot() {
    var edit = new ArrayList<Change>(tables.values());
    edit.add(flushed);
    edit.add(new NextFile(nextFile));
    edit.add(new MaxVersion(maxVersion));
    metadata.forEach((name, value) -> edit.add(new Metadata(name, value)));
    return edit;
  }

  List<AddTable> tables() {
    return List.copyOf(tables.values());
  }

  byte @Nullable [] metadata(String name) {
    return metadata.get(name);
  }

  List<String> metadataNames() {
    return List.copyOf(metadata.keySet());
  }

  Flushed flushed() {
    return flushed;
  }

  long maxVersion() {
    return maxVersion;
  }

  long takeFileNumber() {
    return nextFile++;
  }

  long nextFile() {
    return nextFile;
  }
}
