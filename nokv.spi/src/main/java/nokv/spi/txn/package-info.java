/**
 * What every {@link nokv.spi.Replicator} needs for the transactions it gives to applications, whatever it does at commit: the writes and reads so far, a cursor over both, the limits.
 */
@NullMarked
package nokv.spi.txn;

import org.jspecify.annotations.NullMarked;
