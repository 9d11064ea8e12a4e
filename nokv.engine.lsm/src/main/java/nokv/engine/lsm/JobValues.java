package nokv.engine.lsm;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import nokv.api.DiskFullException;
import nokv.engine.lsm.compaction.Job.SegmentId;
import nokv.spi.ValuePointer;
import nokv.spi.ValueStore;
import nokv.spi.VfsException;

/**
 * What one flush or collection appends to the value store, beside the leader of the commits. The lock is that of all appends; the leader holds it from the mark of a group to the
 * group's end, this from the mark of a value until it is written, so neither can take back what is the other's. Each segment appended to is in use until {@link #close}.
 */
final class JobValues implements AutoCloseable {
  private final ValueStore values;
  private final ReentrantLock appends;
  private final ValueUse use;
  private final Set<SegmentId> segments = new HashSet<>();
  private long bytes;

  JobValues(ValueStore values, ReentrantLock appends, ValueUse use) {
    this.values = values;
    this.appends = appends;
    this.use = use;
  }

  /** @throws DiskFullException nothing was appended */
  ValuePointer append(int family, byte[] key, byte[] value, ValueStore.Temperature temperature) {
    appends.lock();
    try {
      ValueStore.Mark mark = values.mark();
      try {
        ValuePointer pointer = values.append(family, key, value, temperature);
        values.write();
        var segment = new SegmentId(pointer.bucket(), pointer.segment());
        if (segments.add(segment)) use.add(segment);
        bytes += pointer.length();
        return pointer;
      } catch (VfsException e) {
        if (e.kind() != VfsException.Cause.NO_SPACE) throw e;
        values.rewind(mark);
        throw new DiskFullException("no space to move a value; nothing was changed. " + e.getMessage(), e);
      }
    } finally {
      appends.unlock();
    }
  }

  byte[] read(ValuePointer pointer) {
    return values.read(pointer);
  }

  /** Makes every value durable that a table may point to, whoever appended it. */
  void sync() {
    appends.lock();
    try {
      values.sync();
    } finally {
      appends.unlock();
    }
  }

  long bytes() {
    return bytes;
  }

  /** The tables that hold the pointers are now in use themselves, or were given up. */
  @Override public void close() {
    segments.forEach(use::remove);
    segments.clear();
  }
}
