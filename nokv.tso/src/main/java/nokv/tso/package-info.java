/** The timestamp service. */
@NullMarked
package nokv.tso;

import org.jspecify.annotations.NullMarked;
