/** How stores and clients reach each other: gRPC in a process, a simulated network in the simulation. */
@NullMarked
package nokv.raftstore.net;

import org.jspecify.annotations.NullMarked;
