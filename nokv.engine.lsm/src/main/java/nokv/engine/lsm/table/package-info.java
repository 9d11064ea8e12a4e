/** Sorted tables on disk, and what they share with memtables: internal keys, value headers, iterators and point lookups. */
@NullMarked
package nokv.engine.lsm.table;

import org.jspecify.annotations.NullMarked;
