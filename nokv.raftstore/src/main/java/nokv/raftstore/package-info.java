/** Regions replicated by raft, and transactions across them. */
@NullMarked
package nokv.raftstore;

import org.jspecify.annotations.NullMarked;
