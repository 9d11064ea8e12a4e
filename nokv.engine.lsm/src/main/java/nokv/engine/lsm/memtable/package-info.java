/** Where writes live until they are flushed to a table. */
@NullMarked
package nokv.engine.lsm.memtable;

import org.jspecify.annotations.NullMarked;
