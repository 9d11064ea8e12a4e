/** The write-ahead log and the group commit in front of it. */
@NullMarked
package nokv.engine.lsm.wal;

import org.jspecify.annotations.NullMarked;
