/** The value log, and {@code inline}. */
@NullMarked
package nokv.vlog;

import org.jspecify.annotations.NullMarked;
