/** Deletes of whole ranges of keys, and which keys they cover. */
@NullMarked
package nokv.engine.lsm.range;

import org.jspecify.annotations.NullMarked;
