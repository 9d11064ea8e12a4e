/** What is to be merged, what may be dropped on the way, and the merging itself. */
@NullMarked
package nokv.engine.lsm.compaction;

import org.jspecify.annotations.NullMarked;
