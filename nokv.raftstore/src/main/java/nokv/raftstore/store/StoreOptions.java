package nokv.raftstore.store;

import java.time.Duration;
import java.util.List;
import nokv.api.ConfigException;
import nokv.raftstore.raft.RaftOptions;
import nokv.spi.Option;
import nokv.spi.Options;

/**
 * A store's options, checked.
 *
 * @param tick between two ticks of the raft groups
 * @param electionTicks without word of a leader after which a peer begins an election
 * @param heartbeatTicks between a leader's heartbeats
 * @param entryBytes of proposals in one raft entry
 * @param cacheBytes of raft entries kept in memory
 * @param keepBytes of a region's log that are kept for slow peers
 * @param pinnedBytes of the log that may be kept for raft alone
 * @param mailboxBytes that may wait for the store loop
 */
public record StoreOptions(Duration tick, int electionTicks, int heartbeatTicks, long entryBytes, long cacheBytes, long keepBytes, long pinnedBytes, long mailboxBytes) {
  /** What the provider declares. */
  public static final List<Option> DECLARED = List.of(
      Option.of("tick", Option.Type.DURATION, "50ms", "The raft groups' unit of time; must be the same on every store. Longer: fewer elections on slow or distant hosts, and a longer "
          + "pause when a leader is lost."),
      Option.of("election_ticks", Option.Type.INTEGER, "12", "Ticks without word from a leader, and up to as many again by chance, after which a peer asks to be elected."),
      Option.of("heartbeat_ticks", Option.Type.INTEGER, "2", "Ticks between a leader's heartbeats."),
      Option.of("entry_size", Option.Type.SIZE, "1MiB", "Bytes of commands that go into one entry of a region's log together."),
      Option.of("entry_cache_size", Option.Type.SIZE, "16MiB", "Bytes of log entries of all regions kept in memory for peers that are a little behind; others are read from disk."),
      Option.of("log_keep", Option.Type.SIZE, "32MiB", "Bytes of a region's log kept for peers that are behind; one further behind is sent a snapshot."),
      Option.of("log_limit", Option.Type.SIZE, "512MiB", "Bytes of the store's log that may be kept for raft alone, until tables are written and idle regions' entries appended again."),
      Option.of("mailbox_size", Option.Type.SIZE, "8MiB", "Bytes of messages and commands that may wait for the store; beyond it messages are dropped, which raft bears, and commands "
          + "refused as busy."));

  /** @param where names the block in messages */
  public static StoreOptions of(String where, Options options) {
    Duration tick = options.duration("tick");
    if (tick.toMillis() < 1) throw new ConfigException(where + ".tick is " + tick + ", expected at least 1ms");
    long election = options.integer("election_ticks");
    long heartbeat = options.integer("heartbeat_ticks");
    if (heartbeat < 1 || election < heartbeat * 3 || election > 10_000) {
      throw new ConfigException(where + ".election_ticks is " + election + ", expected at least three times heartbeat_ticks (" + heartbeat + ", at least 1) and at most 10000");
    }
    return new StoreOptions(tick, (int) election, (int) heartbeat, options.size("entry_size"), options.size("entry_cache_size"), options.size("log_keep"), options.size("log_limit"),
        options.size("mailbox_size"));
  }

  RaftOptions raft(long peer) {
    return new RaftOptions(peer, electionTicks, heartbeatTicks, true, true, true, true, false, true, 1 << 20, 16 << 20, 64 << 20, 256, 16 << 20);
  }
}
