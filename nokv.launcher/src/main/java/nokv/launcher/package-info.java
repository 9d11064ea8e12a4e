/** Reads the topology file, assembles a node and runs it. */
@NullMarked
package nokv.launcher;

import org.jspecify.annotations.NullMarked;
