/** What looks after the cluster as a whole, at the leader of one region: up to where old versions are kept. */
@NullMarked
package nokv.raftstore.placement;

import org.jspecify.annotations.NullMarked;
