/** The LSM storage engine; the local replicator and oracle. */
@NullMarked
package nokv.engine.lsm;

import org.jspecify.annotations.NullMarked;
