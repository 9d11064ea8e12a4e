/** What operators and the placement service do with the regions of a cluster, from outside. */
@NullMarked
package nokv.raftstore.admin;

import org.jspecify.annotations.NullMarked;
