package nokv.spi;

import java.util.List;

/**
 * What every plugin provider says of itself. Providers are found by {@link java.util.ServiceLoader}, so they have a public no-argument constructor, do no work in it,
 * and hold no state: one provider may open its part several times in one process.
 */
public interface Provider {
  /** The name by which the config file chooses it: lower case, {@code [a-z0-9-]+}, unique among providers of its kind. */
  String name();

  /** The block of the config file that holds its options. Providers of one kind may share a block. */
  default String block() {
    return name();
  }

  /** Every option it reads, in the order in which to document them. What is not listed is refused. */
  default List<Option> options() {
    return List.of();
  }

  /** What an operator can ask of it, offered by the launcher under these names. */
  default List<Command> commands() {
    return List.of();
  }

  /** Long-running services it can be started as, beside or instead of serving a store in this process. */
  default List<Role> roles() {
    return List.of();
  }
}
