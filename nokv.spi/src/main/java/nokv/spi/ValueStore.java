package nokv.spi;

import java.util.List;
import java.util.Map;
import nokv.api.InvalidArgumentException;

/**
 * Keeps large values apart from the tree, in append-only segments. The engine owns it: decides when to append, holds the pointers, and knows from its manifest which
 * segments its tables refer to. Appends, {@link #write}, {@link #sync} and {@link #rewind} come from one thread at a time; reads from any number.
 *
 * <p>Order of durability: a pointer is logged or put into a table only after a {@link #sync} that covers its value, or where the log itself is not synced, after
 * {@link #write}; replay checks each pointer with {@link #verify} and ends the log at the first bad one. So nothing points at a value less durable than itself.
 *
 * <p>Collection: the engine tells what became garbage ({@link #discard}), asks for {@link #victims}, rewrites the tables that point into them (reading here and
 * appending again), and calls {@link #drop} when its manifest proves that nothing refers to a segment and no reader can hold a pointer into it.
 */
public interface ValueStore extends AutoCloseable {
  /** How soon a value is expected to be overwritten; kept in separate buckets so that segments die whole. */
  enum Temperature { HOT, COLD }

  /**
   * One segment.
   *
   * @param bytes written to it
   * @param discardedBytes of those, known to be garbage
   * @param sealed whether it takes no more appends
   */
  record Segment(int bucket, int segment, long bytes, long discardedBytes, boolean sealed) {}

  /** Values of at least this many bytes belong here; {@link Integer#MAX_VALUE} = none do. */
  int thresholdBytes();

  /**
   * Appends to a buffer and returns where the value will lie; to be read only after {@link #write}. The family and key are stored beside it, so that a segment can be read
   * without the tree.
   *
   * @throws VfsException the buffer was full and could not be written; {@link #rewind} to the last mark
   */
  ValuePointer append(int family, byte[] key, byte[] value, Temperature temperature);

  /** Hands all that was appended to the file system. @throws VfsException then {@link #rewind} to the last mark */
  void write();

  /** {@link #write}, then makes all of it durable, sealed segments and directory entries included. A failure is final; call {@link #write} before, to have lack of space apart. */
  void sync();

  /** The present end of every open segment. */
  Mark mark();

  /** Forgets everything appended since the mark, after a failed {@link #write} or {@link #append}, durably, so that the space is used again. */
  void rewind(Mark mark);

  /** The end of the store at some moment; opaque. */
  interface Mark {}

  /** Reads a value back and checks it. @throws nokv.api.CorruptException naming file and offset */
  byte[] read(ValuePointer pointer);

  /** Whether the pointer's record is whole and its checksum right. */
  boolean verify(ValuePointer pointer);

  /** The bytes of the pointer's value, without reading it. @param keyBytes length of the key that was given to {@link #append} */
  int valueLength(ValuePointer pointer, int keyBytes);

  /**
   * Called once at opening, before the first append, with every segment that the manifest or the replayed log refers to and the last record referred to in it (any
   * record of it will do; the last saves work). Segments not named are deleted; the one last appended to in each bucket is cut behind the last whole record that follows
   * the given one without a gap. The end of the log must be settled on disk before, as values may now come to lie where lost ones were.
   *
   * @throws nokv.api.CorruptException a segment named is missing or is none
   */
  void recovered(List<ValuePointer> lastPointers);

  /** Counts bytes as garbage. Statistics survive a restart where they were saved ({@link #sync} saves them now and then); after a crash they may be low. */
  void discard(ValuePointer pointer);

  List<Segment> segments();

  /** Sealed segments worth collecting now, worst first; empty where the space objective holds. Their bytes together are at most {@code maxBytes}, but at least one segment. */
  List<Segment> victims(long maxBytes);

  /** Deletes a sealed segment: nothing refers to it any more. */
  void drop(int bucket, int segment);

  /** Reads every record of every segment and checks it; problems as text, each naming file and offset. */
  List<String> check();

  /**
   * Notes where the store ends now, between two groups of appends, and returns what copies it up to there to {@code nodeDirectory}, durably, for a node of its own: segments that
   * no longer change as hard links. That may run beside appends, by another thread; a segment that is dropped meanwhile may be missing in the copy.
   */
  default Runnable checkpoint(String nodeDirectory) {
    throw new InvalidArgumentException("this value store makes no checkpoints");
  }

  /** Figures for {@code stats}: a JSON tree, see {@link Command}. */
  Map<String, Object> stats();

  @Override void close();
}
