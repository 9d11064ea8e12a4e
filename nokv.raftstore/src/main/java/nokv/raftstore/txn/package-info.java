/**
 * Percolator transactions, both sides: what a region's leader does with a command, and the coordinator in the client. See {@code docs/distributed-transactions.md}.
 */
@NullMarked
package nokv.raftstore.txn;

import org.jspecify.annotations.NullMarked;
