package nokv.engine.lsm.table;

import java.lang.foreign.MemorySegment;
import nokv.engine.lsm.table.TableFormat.Handle;
import nokv.spi.VfsFile;

/** Reads a file front to back in pieces of {@value #BYTES} bytes, and gives parts of them. Not thread-safe. */
final class ReadAhead {
  static final int BYTES = 256 << 10;

  private final VfsFile file;
  private final long end;
  private MemorySegment buffer = MemorySegment.NULL;
  private MemorySegment piece = MemorySegment.NULL;
  private long pieceAt;

  /** @param end where to stop reading */
  ReadAhead(VfsFile file, long end) {
    this.file = file;
    this.end = end;
  }

  /** A block's bytes with its trailer; valid until the next call. Shorter at the end of the file. */
  MemorySegment block(Handle handle) {
    long length = handle.end() - handle.offset();
    if (handle.offset() < pieceAt || handle.end() > pieceAt + piece.byteSize()) {
      long bytes = Math.min(Math.max(BYTES, length), Math.max(length, end - handle.offset()));
      if (buffer.byteSize() < bytes) buffer = MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]);
      pieceAt = handle.offset();
      piece = MemorySegment.NULL;
      piece = buffer.asSlice(0, file.read(pieceAt, buffer.asSlice(0, bytes)));
    }
    return piece.asSlice(handle.offset() - pieceAt, Math.min(length, piece.byteSize()));
  }
}
