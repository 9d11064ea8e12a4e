/** The Redis protocol. */
@NullMarked
package nokv.protocol.resp;

import org.jspecify.annotations.NullMarked;
