/** Raft entries and hard states of all regions as records of the engine's log. See {@code docs/formats/raft.md}. */
@NullMarked
package nokv.raftstore.log;

import org.jspecify.annotations.NullMarked;
