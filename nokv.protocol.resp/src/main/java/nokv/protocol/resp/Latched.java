package nokv.protocol.resp;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import nokv.api.KvStore;
import nokv.spi.Environment;

/*
 * How commands are executed where other gateways write to the store too
 *
 * No lane of ours could make a command atomic there; the store's transactions do. So every unit runs on a task of its own, its requests in order, and different keys do not wait for each other,
 * which matters where a commit takes milliseconds. What a connection sent together and may run together is one group (see Group): a write batch or a transaction.
 *
 * Latches come before conflicts: a group takes those of its keys, so that commands of this frontend on one key queue up instead of failing; a command on a whole database takes all. What
 * conflicts then is the work of other gateways, known not to have happened, and is run again after a pause that grows with the conflicts.
 *
 * The keys are those a command declares. One that reads others (SORT … BY, a script that does what it should not) is as atomic, since the transaction validates what was really read; it only
 * may have to run again.
 *
 * Invariants: a unit belongs to one task at a time; latches are released before the unit is handed on; no reply leaves before the commit that covers it.
 */
final class Latched implements Execution {
  /** Requests of one unit in one transaction: more make conflicts dearer than they save commits. */
  private static final int RUN = 64;

  private final RespFrontend server;
  private final Environment environment;
  private final KvStore store;
  private final Latches latches = new Latches();

  Latched(RespFrontend server, Environment environment, KvStore store) {
    this.server = server;
    this.environment = environment;
    this.store = store;
  }

  private Group group() {
    return new Group(server, environment, store, new Keyspace(store, environment.clock()), true);
  }

  @Override public void submit(Unit unit) {
    environment.io().execute(() -> run(unit));
  }

  @Override public void wake(Queued.Watched key) {
    environment.io().execute(() -> group().wake(key));
  }

  private void run(Unit unit) {
    Group group = group();
    while (!unit.finished()) {
      int end = unit.nextIsAlone() ? unit.next + 1 : Math.min(unit.togetherUntil(), unit.next + RUN);
      var slice = new Group.Slice(unit, unit.next, end);
      try (var _ = hold(slice)) {
        group.execute(List.of(slice));
        unit.next = slice.to;
        if (slice.waiter != null) {
          server.blocked().publish(slice.waiter);
          return;
        }
      }
    }
    unit.connection.executed(unit);
  }

  private Latches.Held hold(Group.Slice slice) {
    for (int i = slice.from; i < slice.end; i++) if (concernsAll(slice.unit.requests.get(i))) return latches.all();
    return latches.hold(keys(List.of(slice)));
  }

  /** Whether a request writes and does not say where. */
  private static boolean concernsAll(Request request) {
    if (request.access() == Access.SWEEP) return true;
    Queued transaction = request.transaction();
    if (transaction == null) return false;
    for (Request each : transaction.requests) if (each.access() == Access.SWEEP) return true;
    return false;
  }

  /** Whether all that is read and written is one key of one database. */
  static boolean concernOneKey(List<Group.Slice> slices) {
    int db = -1;
    for (Group.Slice slice : slices) {
      for (int i = slice.from; i < slice.end; i++) {
        Request request = slice.unit.requests.get(i);
        if (request.access().compareTo(Access.READ) < 0) continue;
        if (db >= 0 && db != request.db() || request.transaction() != null || java.util.Objects.requireNonNull(request.command()).keys(request.args()).length == 0) return false;
        db = request.db();
      }
    }
    return keys(slices).size() == 1;
  }

  /** The keys that requests declare, those of a transaction included; of one name in several databases, one. */
  static Set<Queued.Watched> keys(List<Group.Slice> slices) {
    var keys = new HashSet<Queued.Watched>();
    for (Group.Slice slice : slices) {
      for (int i = slice.from; i < slice.end; i++) {
        Request request = slice.unit.requests.get(i);
        add(keys, request);
        if (request.transaction() != null) for (Request each : request.transaction().requests) add(keys, each);
      }
    }
    return keys;
  }

  private static void add(Set<Queued.Watched> keys, Request request) {
    RedisCommand command = request.command();
    if (command == null) return;
    for (int position : command.keys(request.args())) keys.add(new Queued.Watched(request.args()[position]));
  }
}
