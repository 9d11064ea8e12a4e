/**
 * The store of one process: transactions, snapshots, registers and timestamps over one {@link nokv.spi.StorageEngine}, of which it uses the SPI and nothing else. See
 * {@code docs/transactions.md}.
 */
@NullMarked
package nokv.engine.local;

import org.jspecify.annotations.NullMarked;
