/**
 * The {@link nokv.api.KvStore} of a cluster: transactions, snapshots, cursors and registers over the routing client and an oracle. It holds nothing that a crash of this process would
 * lose for others: what it leaves unfinished is finished or undone by whoever meets it. See {@code docs/distributed-transactions.md}.
 */
@NullMarked
package nokv.raftstore.kv;

import org.jspecify.annotations.NullMarked;
