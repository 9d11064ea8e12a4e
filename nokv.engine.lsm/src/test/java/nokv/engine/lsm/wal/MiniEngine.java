package nokv.engine.lsm.wal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import nokv.spi.EngineBatch;
import nokv.spi.EngineLog;
import nokv.spi.Environment;
import nokv.spi.Options;
import nokv.spi.ValuePointer;
import nokv.spi.ValueStore;
import nokv.spi.Vfs;
import nokv.vlog.VlogProvider;
import org.jspecify.annotations.Nullable;

/** The least engine that uses the commit queue as the real one does: a map as memtable, never flushed; values over 100 bytes in the value log. */
final class MiniEngine implements CommitTarget, AutoCloseable {
  /** A batch as it was applied, its values read from wherever they lie. */
  record Applied(long sequence, Map<String, byte[]> values) {}

  static final String DIRECTORY = "node";

  final ValueStore values;
  final Wal wal;
  final CommitQueue queue;
  final ReentrantLock appends = new ReentrantLock();
  final List<Applied> replayed = new ArrayList<>();
  final List<Long> records = new ArrayList<>();
  final List<Long> appliedSequences = new ArrayList<>();
  final ConcurrentSkipListMap<String, Object> memtable = new ConcurrentSkipListMap<>();
  volatile long visible;
  volatile double delayNanosPerByte;
  volatile @Nullable CompletionStage<?> noRoom;

  MiniEngine(Environment environment, Vfs vfs, SyncPolicy policy) {
    vfs.createDirectories(DIRECTORY);
    vfs.syncDirectory(".");
    var provider = new VlogProvider();
    Options options = Options.parse("test", provider.options(), Map.of("threshold", "100", "segment_size", "64KiB"));
    values = provider.open(environment, options, vfs, DIRECTORY, false);
    var last = new TreeMap<String, ValuePointer>();
    wal = Wal.open(environment, vfs, DIRECTORY, 8192, 0, (type, payload, position, durable) -> {
      if (type != BatchRecord.TYPE) {
        records.add(payload.get(WalRecord.LONG, 0));
        return true;
      }
      return replay(BatchRecord.of(payload), durable, last);
    });
    values.recovered(List.copyOf(last.values()));
    long lastSequence = replayed.isEmpty() ? 0 : replayed.getLast().sequence;
    queue = new CommitQueue(environment, wal, values, appends, policy, Duration.ofMillis(10), 1 << 20, lastSequence, this);
  }

  private boolean replay(BatchRecord batch, boolean durable, Map<String, ValuePointer> last) {
    var content = new HashMap<String, byte[]>();
    var pointers = new ArrayList<ValuePointer>();
    while (batch.next()) {
      ValuePointer pointer = batch.pointer();
      if (pointer != null && !durable && !values.verify(pointer)) return false;
      if (pointer != null) pointers.add(pointer);
      content.put(new String(batch.key().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE)), pointer == null ? batch.value().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE) : values.read(pointer));
    }
    for (ValuePointer p : pointers) last.merge(p.bucket() + "/" + p.segment(), p, (a, b) -> a.offset() > b.offset() ? a : b);
    replayed.add(new Applied(batch.sequence(), content));
    return true;
  }

  @Override public @Nullable CompletionStage<?> makeRoom(long bytes) {
    return noRoom;
  }

  @Override public double delayNanosPerByte() {
    return delayNanosPerByte;
  }

  @Override public ValueStore.Temperature temperature(int family, byte[] key) {
    return key[key.length - 1] % 2 == 0 ? ValueStore.Temperature.HOT : ValueStore.Temperature.COLD;
  }

  @Override public void apply(EngineBatch batch, @Nullable ValuePointer @Nullable [] pointers, long sequence, EngineLog.@Nullable Position position) {
    appliedSequences.add(sequence);
    for (int i = 0; i < batch.entries().size(); i++) {
      EngineBatch.Entry entry = batch.entries().get(i);
      memtable.put(new String(entry.key()), pointers != null && pointers[i] != null ? pointers[i] : entry.value());
    }
  }

  @Override public void publish(long sequence) {
    visible = sequence;
  }

  byte @Nullable [] get(String key) {
    return switch (memtable.get(key)) {
      case null -> null;
      case ValuePointer pointer -> values.read(pointer);
      case Object value -> (byte[]) value;
    };
  }

  @Override public void close() {
    wal.close();
    values.close();
  }
}
