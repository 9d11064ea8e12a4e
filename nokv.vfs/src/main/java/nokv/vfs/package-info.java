/** File systems: {@code os} and {@code mem}. */
@NullMarked
package nokv.vfs;

import org.jspecify.annotations.NullMarked;
