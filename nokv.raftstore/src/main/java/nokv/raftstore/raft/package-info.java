/**
 * The consensus core: raft as a pure state machine. It is stepped with messages and ticks and says, in a {@link nokv.raftstore.raft.Ready}, what to store, send and apply; it
 * does no I/O and has no thread, clock or randomness of its own. Nothing here is thread-safe: one region's node is driven by one worker at a time.
 *
 * <p>Sources: D. Ongaro, "Consensus: Bridging Theory and Practice" (2014), called "the thesis" below; D. Ongaro and J. Ousterhout, "In Search of an Understandable Consensus
 * Algorithm" (USENIX ATC 2014). How it is driven: docs/raft.md.
 */
@NullMarked
package nokv.raftstore.raft;

import org.jspecify.annotations.NullMarked;
