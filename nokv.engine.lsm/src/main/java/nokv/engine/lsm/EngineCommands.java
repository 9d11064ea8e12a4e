package nokv.engine.lsm;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import nokv.api.ConfigException;
import nokv.api.NoKVException;
import nokv.engine.lsm.manifest.Change.AddTable;
import nokv.engine.lsm.manifest.Manifest;
import nokv.engine.lsm.manifest.TableMeta;
import nokv.engine.lsm.table.BlockCache;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.TableReader;
import nokv.engine.lsm.table.ValueHeader;
import nokv.engine.lsm.wal.BatchRecord;
import nokv.engine.lsm.wal.Wal;
import nokv.spi.Command;
import nokv.spi.Node;
import nokv.spi.ValuePointer;
import nokv.spi.ValueStore;
import nokv.spi.ValueStoreProvider;
import nokv.spi.Vfs;

/** What an operator can ask of a stopped node's directory; nothing is changed by it. */
final class EngineCommands {
  static final List<Command> ALL = List.of(
      Command.readOnly("manifest", "Shows what the manifest says: every table by level, how far the log is needed, and the names of stored metadata.", EngineCommands::manifest),
      Command.readOnly("check", "Reads every byte back and verifies every checksum: manifest, tables, log and value log.", EngineCommands::check),
      new Command("repair", "Makes a damaged directory one that opens, with everything that is still whole: rebuilds a lost manifest from tables and log, leaves out what does not read, and moves it to lost/.",
          false, List.of(), EngineCommands::repair));

  private EngineCommands() {}

  /** Opens the node's file system and makes sure that no process has the directory open. */
  private static Map<String, Object> onStopped(Command.Context context, Function<Directory, Map<String, Object>> action) {
    return onStopped(context, true, action);
  }

  /** @param whole whether it must have a manifest */
  private static Map<String, Object> onStopped(Command.Context context, boolean whole, Function<Directory, Map<String, Object>> action) {
    try (Node node = Node.assemble(context.node(), context.environment(), context.plugins())) {
      var directory = new Directory(node.vfs(), context.node().directory());
      if (!(whole ? directory.holdsStore() : directory.holdsRemains())) throw new ConfigException(directory.path() + " holds no NoKV store");
      AutoCloseable lock = directory.lock();
      try {
        return action.apply(directory);
      } finally {
        release(lock);
      }
    }
  }

  private static void release(AutoCloseable lock) {
    try {
      lock.close();
    } catch (Exception e) {
      throw new NoKVException("giving back the lock of the directory: " + e.getMessage(), e);
    }
  }

  private static Map<String, Object> manifest(Command.Context context) {
    return onStopped(context, directory -> {
      try (Manifest manifest = Manifest.read(directory.vfs(), directory.path(), Long.MAX_VALUE)) {
        return describe(manifest);
      }
    });
  }

  static Map<String, Object> describe(Manifest manifest) {
    var result = new LinkedHashMap<String, Object>();
    result.put("ok", true);
    result.put("manifest", Manifest.fileName(manifest.number()));
    result.put("flushed_sequence", manifest.flushedSequence());
    result.put("log_segment", manifest.walSegment());
    result.put("max_version", manifest.maxVersion());
    result.put("metadata", List.copyOf(manifest.metadataNames()));
    var tables = new ArrayList<Map<String, Object>>();
    for (AddTable add : manifest.tables()) tables.add(describe(add));
    result.put("tables", tables);
    return result;
  }

  private static Map<String, Object> describe(AddTable add) {
    TableMeta table = add.table();
    var row = new LinkedHashMap<String, Object>();
    row.put("level", add.level());
    row.put("file", table.fileName());
    row.put("bytes", table.bytes());
    row.put("entries", table.entries());
    row.put("deletes", table.deletes());
    row.put("range_deletes", table.rangeDeletes());
    row.put("start", table.span().start().toString());
    row.put("end", table.span().end().toString());
    row.put("max_sequence", table.maxSequence());
    row.put("max_version", table.maxVersion());
    row.put("value_bytes", table.values().stream().mapToLong(value -> value.bytes()).sum());
    return row;
  }

  private static Map<String, Object> repair(Command.Context context) {
    return onStopped(context, false, directory -> {
      try (ValueStore values = values(context, directory)) {
        return new Repair(directory, values).run();
      }
    });
  }

  private static ValueStore values(Command.Context context, Directory directory) {
    var provider = context.plugins().get(ValueStoreProvider.class, context.node().plugins().valueStore());
    return provider.open(context.environment(), context.node().options(provider), directory.vfs(), directory.path(), true);
  }

  private static Map<String, Object> check(Command.Context context) {
    return onStopped(context, directory -> {
      try (ValueStore values = values(context, directory)) {
        return new Check(directory, values).run();
      }
    });
  }

  /** One run of {@code check}; goes on after each problem. */
  static final class Check {
    private final Directory directory;
    private final ValueStore values;
    private final List<String> problems = new ArrayList<>();
    private long tables;
    private long tableBytes;
    private long records;

    Check(Directory directory, ValueStore values) {
      this.directory = directory;
      this.values = values;
    }

    Map<String, Object> run() {
      guarded(() -> {
        try (Manifest manifest = Manifest.read(directory.vfs(), directory.path(), Long.MAX_VALUE)) {
          for (AddTable add : manifest.tables()) guarded(() -> table(add.table()));
          guarded(() -> log(manifest));
        }
      });
      guarded(() -> problems.addAll(values.check()));
      var result = new LinkedHashMap<String, Object>();
      result.put("ok", problems.isEmpty());
      result.put("tables", tables);
      result.put("table_bytes", tableBytes);
      result.put("log_records", records);
      result.put("value_segments", values.segments().size());
      result.put("problems", problems);
      return result;
    }

    private void guarded(Runnable part) {
      try {
        part.run();
      } catch (NoKVException e) {
        problems.add(e.getMessage());
      }
    }

    private void table(TableMeta meta) {
      String path = directory.table(meta.fileName());
      try (TableReader table = TableReader.open(directory.vfs().open(path, Vfs.Mode.READ), new BlockCache(0))) {
        table.verify();
        if (table.size() != meta.bytes() || table.properties().entries() != meta.entries()) problems.add(path + " is another table than the manifest says");
        if (!meta.values().isEmpty()) values(table);
      }
      tables++;
      tableBytes += meta.bytes();
    }

    /** The value store itself cannot tell a damaged record from a torn tail; the pointers to it can. */
    private void values(TableReader table) {
      var header = new ValueHeader();
      try (InternalIterator walk = table.scan()) {
        for (boolean more = walk.seekToFirst(); more; more = walk.next()) {
          if (!walk.entry().header(header).isPointer()) continue;
          ValuePointer pointer = header.pointer();
          if (!values.verify(pointer)) problems.add(table.path() + " refers to " + pointer + " of the value log, where no whole value is");
        }
      }
    }

    private void log(Manifest manifest) {
      records = Wal.replay(directory.vfs(), directory.path(), manifest.walSegment(), (type, payload, position, durable) -> {
        if (type != BatchRecord.TYPE) return true;
        BatchRecord batch = BatchRecord.of(payload);
        if (batch.sequence() <= manifest.flushedSequence()) return true;
        while (batch.next()) {
          ValuePointer pointer = batch.pointer();
          if (pointer != null && !values.verify(pointer)) return false;
        }
        return true;
      });
    }
  }
}
