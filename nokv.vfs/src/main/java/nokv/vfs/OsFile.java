package nokv.vfs;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import nokv.spi.VfsFile;
import org.jspecify.annotations.Nullable;

/*
 * How a file survives interrupts
 *
 * Java closes a FileChannel when a thread inside it is interrupted, for every user of the channel. A file cannot be opened again by its name (it may have been renamed
 * or deleted since), and a sync cut short would leave its outcome unknown, which for us is final. So each file holds a second descriptor, an
 * AsynchronousFileChannel whose operations run in the calling thread and do not know about interrupts:
 *
 *   - `steady` does every sync, and is opened with the file, so that it sees every write-back error since then;
 *   - `channel` does reads, writes and maps, without copying, until an interrupt in mid-operation closes it; from then on `steady` does those too. It takes no
 *     memory of a confined arena, which is then copied through the heap; and it cannot map, so a map becomes a read into the arena.
 *
 * How small writes are made
 *
 * A log that keeps the operating system's cache up to date at every record pays a system call of a microsecond for each. Into what `allocate` has reserved, whose blocks are there, small writes go through
 * a mapping instead: to the kernel's cache all the same, so they survive the process, are seen by every read, and are covered by `sync`. The mapping is a window of what is reserved, moved along. Where a page
 * cannot be had (the device fails, or a copied file has holes and the disk is full) the JVM throws InternalError, which becomes a failure of the write.
 *
 * An interrupt that is already set when an operation begins is put aside meanwhile, so only one that arrives within these microseconds costs the fast channel.
 */
final class OsFile implements VfsFile {
  /** Runs a task in the thread that submits it. */
  static final ExecutorService IN_PLACE = new InPlace();

  /** Heap memory reaches the kernel through a native buffer that the JDK keeps per thread; this bounds it. */
  private static final int HEAP_CHUNK = 128 << 10;
  /** Larger writes are cheaper by a system call. */
  private static final int MAPPED_WRITE_BYTES = 16 << 10;
  private static final long PAGE_BYTES = 4096;
  private static final long WINDOW_BYTES = 4 << 20;
  /**
   * A page, and no more: the kernel may keep what one call wrote as one piece of its cache, and then a small write makes all of it dirty. With 256 KiB a sync of a record of a hundred bytes was measured
   * to write 256 KiB.
   */
  private static final MemorySegment ZEROS = Arena.global().allocate(PAGE_BYTES, PAGE_BYTES).asReadOnly();

  private final String path;
  private final FileChannel channel;
  private final AsynchronousFileChannel steady;
  private final boolean writable;
  private volatile boolean closed;
  /** The writer's: up to where space is reserved, and the part of it that is mapped. */
  private long reserved;
  private @Nullable Window window;

  private record Window(long start, MemorySegment memory, Arena arena) {
    boolean covers(long position, long length) {
      return position >= start && position + length <= start + memory.byteSize();
    }
  }

  private OsFile(String path, FileChannel channel, AsynchronousFileChannel steady, boolean writable) {
    this.path = path;
    this.channel = channel;
    this.steady = steady;
    this.writable = writable;
  }

  static OsFile open(String path, Vfs.Mode mode) {
    Set<OpenOption> existing = mode == Vfs.Mode.READ ? Set.of(StandardOpenOption.READ) : Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
    Set<OpenOption> first = mode == Vfs.Mode.CREATE ? Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW) : existing;
    try {
      FileChannel channel = FileChannel.open(Path.of(path), first);
      try {
        return new OsFile(path, channel, AsynchronousFileChannel.open(Path.of(path), existing, IN_PLACE), mode != Vfs.Mode.READ);
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw OsVfs.failure(mode == Vfs.Mode.CREATE ? "create" : "open", path, e);
    }
  }

  @Override public String path() {
    return path;
  }

  @Override public long size() {
    try {
      return steady.size();
    } catch (IOException e) {
      throw failure("ask the size of", e);
    }
  }

  @Override public int read(long position, MemorySegment target) {
    boolean interrupted = Thread.interrupted();
    try {
      ByteBuffer buffer = target.asByteBuffer();
      while (buffer.position() < buffer.capacity()) {
        chunk(buffer);
        int n;
        try {
          n = channel.read(buffer, position + buffer.position());
        } catch (ClosedChannelException e) {
          interrupted |= Thread.interrupted();
          n = steadyRead(position + buffer.position(), buffer);
        }
        if (n <= 0) break;
      }
      return buffer.position();
    } catch (IOException e) {
      throw failure("read at " + position + " of", e);
    } finally {
      if (interrupted) Thread.currentThread().interrupt();
    }
  }

  @Override public void write(long position, MemorySegment source) {
    checkWritable("write");
    if (source.byteSize() <= MAPPED_WRITE_BYTES && position + source.byteSize() <= reserved && writeMapped(position, source)) return;
    boolean interrupted = Thread.interrupted();
    try {
      ByteBuffer buffer = source.asByteBuffer();
      while (buffer.position() < buffer.capacity()) {
        chunk(buffer);
        try {
          channel.write(buffer, position + buffer.position());
        } catch (ClosedChannelException e) {
          interrupted |= Thread.interrupted();
          steadyWrite(position + buffer.position(), buffer);
        }
      }
    } catch (IOException e) {
      throw failure("write at " + position + " of", e);
    } finally {
      if (interrupted) Thread.currentThread().interrupt();
    }
  }

  private boolean writeMapped(long position, MemorySegment source) {
    Window through = window;
    if (through == null || !through.covers(position, source.byteSize())) {
      through = moveWindow(position);
      if (through == null) return false;
    }
    try {
      MemorySegment.copy(source, 0, through.memory, position - through.start, source.byteSize());
    } catch (InternalError e) {
      throw failure("write at " + position + " of", new IOException(e));
    }
    return true;
  }

  /** Maps what is reserved from the page of {@code position} on; null where nothing can be mapped any more. */
  private @Nullable Window moveWindow(long position) {
    closeWindow();
    long start = position & -PAGE_BYTES;
    boolean interrupted = Thread.interrupted();
    Arena arena = Arena.ofShared();
    try {
      window = new Window(start, channel.map(FileChannel.MapMode.READ_WRITE, start, Math.min(WINDOW_BYTES, reserved - start), arena), arena);
    } catch (IOException e) {
      arena.close();
      interrupted |= e instanceof ClosedChannelException && Thread.interrupted();
      reserved = 0;
    } finally {
      if (interrupted) Thread.currentThread().interrupt();
    }
    return window;
  }

  private void closeWindow() {
    if (window != null) window.arena.close();
    window = null;
  }

  private static void chunk(ByteBuffer buffer) {
    if (!buffer.isDirect()) buffer.limit((int) Math.min(buffer.capacity(), (long) buffer.position() + HEAP_CHUNK));
  }

  private int steadyRead(long position, ByteBuffer buffer) throws IOException {
    ByteBuffer heap = ByteBuffer.allocate(Math.min(buffer.remaining(), HEAP_CHUNK));
    int n = await(steady.read(heap, position));
    buffer.put(heap.flip());
    return n;
  }

  private void steadyWrite(long position, ByteBuffer buffer) throws IOException {
    ByteBuffer heap = ByteBuffer.allocate(Math.min(buffer.remaining(), HEAP_CHUNK)).put(buffer.slice(buffer.position(), Math.min(buffer.remaining(), HEAP_CHUNK))).flip();
    buffer.position(buffer.position() + await(steady.write(heap, position)));
  }

  /** The result of an operation that has already run, in this thread. */
  private static int await(java.util.concurrent.Future<Integer> done) throws IOException {
    try {
      return done.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } catch (InterruptedException e) {
      throw new AssertionError("an operation that has ended was waited for", e);
    }
  }

  @Override public void sync() {
    try {
      steady.force(false);
    } catch (IOException e) {
      throw failure("sync", e);
    }
  }

  @Override public void truncate(long size) {
    checkWritable("truncate");
    reserved = Math.min(reserved, size);
    try {
      if (size <= steady.size()) steady.truncate(size);
      else write(size - 1, ZEROS.asSlice(0, 1));
    } catch (IOException e) {
      throw failure("truncate to " + size + " bytes", e);
    }
  }

  /** Writes zeros from the present end, so that a later {@link #sync} finds the blocks allocated and the size unchanged, and has only data to write. */
  @Override public void allocate(long size) {
    long before = size();
    try {
      for (long at = before, to; at < size; at = to) {
        to = Math.min(size, (at & -PAGE_BYTES) + PAGE_BYTES);
        write(at, ZEROS.asSlice(0, to - at));
      }
    } catch (VfsException e) {
      try {
        truncate(before);
      } catch (VfsException undo) {
        e.addSuppressed(undo);
      }
      throw e;
    }
    reserved = Math.max(reserved, size);
  }

  @Override public MemorySegment map(long position, long length, Arena arena) {
    if (position < 0 || length < 0 || length > size() - position) {
      throw new IndexOutOfBoundsException("cannot map " + length + " bytes at " + position + " of " + path + ", which has " + size());
    }
    boolean interrupted = Thread.interrupted();
    try {
      return channel.map(FileChannel.MapMode.READ_ONLY, position, length, arena);
    } catch (ClosedChannelException e) {
      interrupted |= Thread.interrupted();
      if (closed) throw failure("map", e);
      MemorySegment copy = arena.allocate(length);
      for (long at = 0; at < length; at += 1 << 30) read(position + at, copy.asSlice(at, Math.min(1 << 30, length - at)));
      return copy.asReadOnly();
    } catch (IOException e) {
      throw failure("map " + length + " bytes at " + position + " of", e);
    } finally {
      if (interrupted) Thread.currentThread().interrupt();
    }
  }

  @Override public void close() {
    closed = true;
    closeWindow();
    try (steady) {
      channel.close();
    } catch (IOException e) {
      throw failure("close", e);
    }
  }

  private void checkWritable(String operation) {
    if (!writable) throw new VfsException(VfsException.Cause.IO, "cannot " + operation + " " + path + ": the file was opened for reading", null);
  }

  private VfsException failure(String operation, IOException e) {
    return closed ? new VfsException(VfsException.Cause.IO, "cannot " + operation + " " + path + ": the file is closed", e) : OsVfs.failure(operation, path, e);
  }

  private static final class InPlace extends AbstractExecutorService {
    @Override public void execute(Runnable task) {
      task.run();
    }

    @Override public void shutdown() {}

    @Override public List<Runnable> shutdownNow() {
      return List.of();
    }

    @Override public boolean isShutdown() {
      return false;
    }

    @Override public boolean isTerminated() {
      return false;
    }

    @Override public boolean awaitTermination(long timeout, TimeUnit unit) {
      return false;
    }
  }
}
