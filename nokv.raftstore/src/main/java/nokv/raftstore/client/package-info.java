/** The routing client: which region a key lies in, who leads it, and trying again. */
@NullMarked
package nokv.raftstore.client;

import org.jspecify.annotations.NullMarked;
