package nokv.raftstore.raft;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the driver has stored of one group, as the core reads it. Entries appear here when the driver has appended them, in the order of the Readies, and go when it compacts.
 *
 * <p>Implementers: called on the thread that drives the node, often; answer from memory where it matters. An exception goes through to the driver, which then has to discard the node.
 */
public interface Storage {
  /** The term of an index of which nothing is known. */
  long UNKNOWN_TERM = -1;

  /** As stored last; {@link HardState#EMPTY} for a new node. Asked for once. */
  HardState hardState();

  /** As of the applied index the node is started with. Asked for once. */
  Configuration configuration();

  /** The first index whose entry can be read; one greater than {@link #lastIndex} where there is none. */
  long firstIndex();

  /** The last index stored, in an entry or by a snapshot; 0 for an empty log. */
  long lastIndex();

  /** The term of an entry from {@code firstIndex - 1} (remembered for the consistency check) to {@code lastIndex}; otherwise {@link #UNKNOWN_TERM}. */
  long term(long index);

  /** The entries of {@code [from, to)}, all of which are stored: as many as fit in {@code maxBytes} of {@link Entry#bytes}, but at least one. */
  List<Entry> entries(long from, long to, long maxBytes);

  /**
   * A snapshot for a peer that needs entries that are gone, or null if there is none yet: the core asks again. It is as of the applied index of this moment, not an older one: else
   * the peer may not be a member in it, and refuses it.
   */
  @Nullable Snapshot snapshot();
}
