/** What looks after the cluster as a whole, at the leader of one region: up to where old versions are kept, on which stores regions have their peers, and who leads. */
@NullMarked
package nokv.raftstore.placement;

import org.jspecify.annotations.NullMarked;
