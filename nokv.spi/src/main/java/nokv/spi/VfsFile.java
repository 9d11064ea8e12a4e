package nokv.spi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * An open file. Positional reads may run in any number of threads beside each other and beside one writer; writes, {@link #truncate} and {@link #sync} come from one
 * thread at a time. All failures are {@link VfsException}.
 */
public interface VfsFile extends AutoCloseable {
  String path();

  long size();

  /** Reads up to {@code target.byteSize()} bytes at {@code position} into {@code target}; returns how many, fewer only at the end of the file, 0 at or past it. */
  int read(long position, MemorySegment target);

  /**
   * Writes all of {@code source} at {@code position}, which may be past the end (the gap reads as zeros). On failure a prefix may have been written.
   * {@link VfsException.Cause#NO_SPACE} leaves the file usable.
   */
  void write(long position, MemorySegment source);

  /**
   * Makes every byte written to this file so far survive a power loss.
   *
   * <p>Implementers: return only when the device has confirmed. A failure is final for this file: the caller will not call {@code sync} again, because a kernel
   * may have dropped the dirty pages and report success the second time (Rebello et al., USENIX ATC 2020). The file's directory entry is <em>not</em> covered; see
   * {@link Vfs#syncDirectory}.
   */
  void sync();

  /** Cuts or extends (with zeros) the file to {@code size} bytes. */
  void truncate(long size);

  /** Reserves disk space so that {@code [0, size)} can be written without growing the file; the file's size becomes at least {@code size}. May do nothing but extend. */
  void allocate(long size);

  /**
   * Maps {@code [position, position + length)} for reading. The memory is valid while {@code arena} is open; use after that throws {@link IllegalStateException}
   * rather than crash. Bytes written after the call may or may not show. The file must not be truncated below the mapping while it is in use.
   */
  MemorySegment map(long position, long length, Arena arena);

  /** Closes without syncing. Mappings stay valid. */
  @Override void close();
}
