package nokv.spi;

import nokv.api.KeyRange;

/**
 * Is told what becomes of the regions of this process's store, after the fact: one event at a time, in the order in which the store saw them. Regions that are there when it is installed are
 * opened then.
 *
 * <p>Implementers: called on an I/O task; events that a slow hook has not taken wait, up to some thousands, beyond which they are dropped and the log says so. What is thrown is logged and
 * harms nobody else.
 */
public interface RegionHook extends AutoCloseable {
  /**
   * A region as it is after the event.
   *
   * @param version grows when its bounds change
   * @param confVersion grows when its peers change
   */
  record Region(long id, KeyRange range, long version, long confVersion) {}

  /** A peer of it is on this store from now on. */
  default void opened(Region region) {}

  /** @param storeId whose peer leads it as far as this store knows; 0 = nobody's */
  default void leaderChanged(Region region, long storeId) {}

  /** @param right what was split off; it is opened next */
  default void split(Region left, Region right) {}

  /** @param takenIn the region that is part of this one from now on; it is closed next */
  default void merged(Region region, long takenIn) {}

  /** No peer of it is on this store any more. */
  default void closed(Region region) {}

  @Override default void close() {}
}
