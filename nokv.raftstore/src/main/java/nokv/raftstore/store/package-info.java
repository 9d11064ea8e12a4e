/**
 * One store: its regions, their raft groups over one log, and the loop that drives them. See {@code docs/raftstore.md}.
 */
@NullMarked
package nokv.raftstore.store;

import org.jspecify.annotations.NullMarked;
