package nokv.vlog;

import com.codahale.metrics.Counter;
import com.codahale.metrics.MetricRegistry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import nokv.api.CorruptException;
import nokv.api.ReadOnlyException;
import nokv.spi.Environment;
import nokv.spi.MemoryBudget;
import nokv.spi.ValuePointer;
import nokv.spi.ValueStore;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import org.jspecify.annotations.Nullable;

/**
 * The value log: one {@link Bucket} of segments for values expected to live long and one for those that are not, under {@code <directory>/vlog}.
 *
 * <p>A read is one positional read of the record and its checksum, without a lock. A failed sync, or a failed write other than for lack of space, is final: everything that
 * changes the log then throws {@link ReadOnlyException} with the cause; reads go on.
 */
final class ValueLog implements ValueStore {
  private final Vfs vfs;
  private final String nodeDirectory;
  private final String directory;
  private final int threshold;
  private final double collectRatio;
  private final boolean readOnly;
  private final List<Bucket> buckets;
  private final MemoryBudget.@Nullable Claim memory;
  /** Garbage counted since the statistics were saved, and how much of it is worth saving them. */
  private final AtomicLong unsavedDiscards = new AtomicLong();
  private final long saveEvery;
  private boolean recovered;
  private volatile @Nullable RuntimeException failure;

  private final Counter appendedValues;
  private final Counter appendedBytes;
  private final Counter reads;
  private final Counter readBytes;
  private final Counter syncs;
  private final Counter droppedSegments;

  private record Ends(List<Bucket.End> ends) implements Mark {}

  ValueLog(Environment environment, VlogOptions options, Vfs vfs, String nodeDirectory, boolean readOnly) {
    this.vfs = vfs;
    this.nodeDirectory = nodeDirectory;
    this.directory = nodeDirectory + "/vlog";
    this.threshold = options.thresholdBytes();
    this.collectRatio = options.gcRatio();
    this.readOnly = readOnly;
    this.saveEvery = options.segmentBytes() / 16;
    MetricRegistry metrics = environment.metrics();
    appendedValues = metrics.counter("value_log.appended_values");
    appendedBytes = metrics.counter("value_log.appended_bytes");
    reads = metrics.counter("value_log.reads");
    readBytes = metrics.counter("value_log.read_bytes");
    syncs = metrics.counter("value_log.syncs");
    droppedSegments = metrics.counter("value_log.dropped_segments");
    memory = readOnly ? null : environment.memory().claim("value_log.buffers", (long) Temperature.values().length * Bucket.BUFFER_BYTES);
    buckets = new ArrayList<>();
    try {
      for (Temperature temperature : Temperature.values()) {
        String path = directory + "/bucket-%03d".formatted(temperature.ordinal());
        buckets.add(new Bucket(vfs, path, temperature.ordinal(), options.segmentBytes(), readOnly));
      }
      for (Discards.Count count : Discards.load(vfs, directory + "/discards")) {
        LogSegment segment = segment(count.bucket(), count.segment());
        if (segment != null) segment.discard(count.bytes());
      }
    } catch (RuntimeException e) {
      buckets.forEach(Bucket::close);
      if (memory != null) memory.close();
      throw e;
    }
  }

  @Override public int thresholdBytes() {
    return threshold;
  }

  // --- appending ---

  @Override public ValuePointer append(int family, byte[] key, byte[] value, Temperature temperature) {
    requireWritable();
    try {
      ValuePointer pointer = buckets.get(temperature.ordinal()).append(family, key, value);
      appendedValues.inc();
      appendedBytes.inc(pointer.length());
      return pointer;
    } catch (VfsException | ReadOnlyException e) {
      throw failed("append", e);
    }
  }

  @Override public void write() {
    requireWritable();
    try {
      buckets.forEach(Bucket::write);
    } catch (VfsException e) {
      throw failed("write", e);
    }
  }

  @Override public void sync() {
    requireWritable();
    write();
    try {
      for (Bucket bucket : buckets) if (bucket.sync()) syncs.inc();
      if (unsavedDiscards.get() >= saveEvery) saveDiscards();
    } catch (VfsException | ReadOnlyException e) {
      throw fail("sync", e);
    }
  }

  @Override public Mark mark() {
    return new Ends(buckets.stream().map(Bucket::end).toList());
  }

  @Override public void rewind(Mark mark) {
    requireWritable();
    if (!(mark instanceof Ends ends)) throw new IllegalArgumentException("a mark of another value store: " + mark);
    try {
      for (int i = 0; i < buckets.size(); i++) buckets.get(i).rewind(ends.ends.get(i));
    } catch (VfsException | ReadOnlyException e) {
      throw fail("rewind", e);
    }
  }

  private RuntimeException failed(String what, RuntimeException e) {
    return e instanceof VfsException v && v.kind() == VfsException.Cause.NO_SPACE ? v : fail(what, e);
  }

  private RuntimeException fail(String what, RuntimeException e) {
    var readOnlyNow = new ReadOnlyException("value log: " + what + " failed; the store is read-only until it is opened again. " + e.getMessage(), e);
    failure = readOnlyNow;
    return readOnlyNow;
  }

  private void requireWritable() {
    if (readOnly) throw new ReadOnlyException(directory + " was opened read-only");
    if (!recovered) throw new IllegalStateException("the value log takes no values before recovered() has told it what is referred to");
    RuntimeException failed = failure;
    if (failed != null) throw new ReadOnlyException(String.valueOf(failed.getMessage()), failed);
  }

  // --- reading ---

  @Override public byte[] read(ValuePointer pointer) {
    LogSegment segment = segment(pointer.bucket(), pointer.segment());
    if (segment == null) throw new CorruptException(path(pointer) + " is missing, though a value at offset " + pointer.offset() + " of it is referred to. Restore it, or a backup.");
    reads.inc();
    readBytes.inc(pointer.length());
    return segment.read(pointer);
  }

  @Override public boolean verify(ValuePointer pointer) {
    LogSegment segment = segment(pointer.bucket(), pointer.segment());
    return segment != null && segment.verify(pointer);
  }

  @Override public int valueLength(ValuePointer pointer, int keyBytes) {
    return pointer.length() - ValueRecord.HEADER_BYTES - keyBytes;
  }

  private @Nullable LogSegment segment(int bucket, int segment) {
    return bucket < 0 || bucket >= buckets.size() ? null : buckets.get(bucket).segment(segment);
  }

  private String path(ValuePointer pointer) {
    return LogSegment.path(directory + "/bucket-%03d".formatted(pointer.bucket()), pointer.segment());
  }

  // --- recovery and collection ---

  @Override public void recovered(List<ValuePointer> lastPointers) {
    if (readOnly) return;
    // Not at opening: only now has the engine found that the directory is ours, and locked it.
    buckets.forEach(Bucket::create);
    vfs.syncDirectory(directory);
    vfs.syncDirectory(nodeDirectory);
    var ends = new HashMap<Integer, Map<Integer, Long>>();
    for (ValuePointer last : lastPointers) {
      if (last.bucket() < 0 || last.bucket() >= buckets.size()) throw new CorruptException(path(last) + " is referred to, but there is no such bucket");
      ends.computeIfAbsent(last.bucket(), b -> new HashMap<>()).merge(last.segment(), last.offset() + last.length(), Math::max);
    }
    for (int i = 0; i < buckets.size(); i++) buckets.get(i).recovered(ends.getOrDefault(i, Map.of()));
    recovered = true;
  }

  @Override public void discard(ValuePointer pointer) {
    LogSegment segment = segment(pointer.bucket(), pointer.segment());
    if (segment == null) return;
    segment.discard(pointer.length());
    unsavedDiscards.addAndGet(pointer.length());
  }

  @Override public List<Segment> segments() {
    var all = new ArrayList<Segment>();
    for (Bucket bucket : buckets) {
      for (LogSegment segment : bucket.segments()) if (!segment.dropped()) all.add(segment.describe());
    }
    return all;
  }

  @Override public List<Segment> victims(long maxBytes) {
    List<Segment> worst = segments().stream().filter(s -> s.sealed() && garbage(s) >= collectRatio).sorted(Comparator.comparingDouble(ValueLog::garbage).reversed()).toList();
    var chosen = new ArrayList<Segment>();
    long bytes = 0;
    for (Segment segment : worst) {
      bytes += segment.bytes();
      if (!chosen.isEmpty() && bytes > maxBytes) break;
      chosen.add(segment);
    }
    return chosen;
  }

  /** The part of a segment's records that is garbage. */
  private static double garbage(Segment segment) {
    long data = segment.bytes() - SegmentHeader.BYTES;
    return data <= 0 ? 1 : (double) segment.discardedBytes() / data;
  }

  @Override public void drop(int bucket, int segment) {
    if (readOnly) throw new ReadOnlyException(directory + " was opened read-only");
    buckets.get(bucket).drop(segment);
    droppedSegments.inc();
  }

  @Override public Runnable checkpoint(String otherNode) {
    String target = otherNode + "/vlog";
    var copies = new ArrayList<Runnable>();
    for (Bucket bucket : buckets) copies.add(bucket.checkpoint(target + "/bucket-%03d".formatted(bucket.number())));
    return () -> {
      copies.forEach(Runnable::run);
      vfs.syncDirectory(target);
      vfs.syncDirectory(otherNode);
    };
  }

  private void saveDiscards() {
    long unsaved = unsavedDiscards.getAndSet(0);
    var counts = new ArrayList<Discards.Count>();
    for (Segment segment : segments()) {
      if (segment.discardedBytes() > 0) counts.add(new Discards.Count(segment.bucket(), segment.segment(), segment.discardedBytes()));
    }
    try {
      Discards.save(vfs, directory + "/discards", counts);
    } catch (VfsException e) {
      // On a full disk the old file stays, and the next sync tries again.
      if (e.kind() != VfsException.Cause.NO_SPACE) throw e;
      unsavedDiscards.addAndGet(unsaved);
    }
  }

  // --- looking at it ---

  @Override public List<String> check() {
    var problems = new ArrayList<String>();
    for (Bucket bucket : buckets) {
      for (LogSegment segment : bucket.segments()) if (!segment.dropped()) check(segment, bucket.last(segment), problems);
    }
    return problems;
  }

  /** The last segment of a bucket may end in torn records as long as recovery has not looked at it: then that is no problem. */
  private void check(LogSegment segment, boolean last, List<String> problems) {
    long end = segment.end();
    if (!segment.whole) {
      if (end > SegmentHeader.BYTES) problems.add(String.valueOf(segment.damaged(0, "no header of this segment").getMessage()));
      return;
    }
    long whole = segment.wholeUpTo(SegmentHeader.BYTES);
    if (whole < end && (recovered || !last)) problems.add(String.valueOf(segment.damaged(whole, "no whole record there, the records end at " + end).getMessage()));
  }

  @Override public Map<String, Object> stats() {
    List<Segment> segments = segments();
    var stats = new LinkedHashMap<String, Object>();
    stats.put("threshold_bytes", threshold == Integer.MAX_VALUE ? "none" : (Object) threshold);
    stats.put("segments", segments.size());
    stats.put("bytes", segments.stream().mapToLong(Segment::bytes).sum());
    stats.put("discarded_bytes", segments.stream().mapToLong(Segment::discardedBytes).sum());
    stats.put("appended_values", appendedValues.getCount());
    stats.put("appended_bytes", appendedBytes.getCount());
    stats.put("reads", reads.getCount());
    stats.put("read_bytes", readBytes.getCount());
    stats.put("syncs", syncs.getCount());
    stats.put("dropped_segments", droppedSegments.getCount());
    stats.put("read_only", failure != null);
    return stats;
  }

  /** Saves the statistics; does not sync values. */
  @Override public void close() {
    try {
      if (!readOnly && recovered && failure == null && unsavedDiscards.get() > 0) saveDiscards();
    } finally {
      buckets.forEach(Bucket::close);
      if (memory != null) memory.close();
    }
  }
}
