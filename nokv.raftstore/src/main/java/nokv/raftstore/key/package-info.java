/** Keys as stores see them: with their column family, and those of the family {@code lock}, which sort as the user keys they belong to. */
@NullMarked
package nokv.raftstore.key;

import org.jspecify.annotations.NullMarked;
