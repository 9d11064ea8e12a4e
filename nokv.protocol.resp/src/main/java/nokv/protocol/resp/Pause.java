package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import nokv.spi.Environment;
import nokv.spi.Timer;
import org.jspecify.annotations.Nullable;

/**
 * CLIENT PAUSE: units that hold a command which is paused stay here until the pause is over, in order of arrival. A unit is as much as a client has sent at once, so nothing of a client overtakes
 * anything. What only concerns the connection, CLIENT UNPAUSE among it, is never paused. Thread-safe.
 */
final class Pause {
  private final RespFrontend server;
  private final Environment environment;
  private final List<Unit> held = new ArrayList<>();
  private volatile boolean active;
  private boolean writesOnly;
  private long untilMillis;
  private Timer.@Nullable Cancellable timer;

  Pause(RespFrontend server, Environment environment) {
    this.server = server;
    this.environment = environment;
  }

  /** Takes the unit if something in it is paused; false = it may go on. */
  boolean holds(Unit unit) {
    if (!active) return false;
    synchronized (this) {
      if (!active) return false;
      for (int i = unit.next; i < unit.requests.size(); i++) {
        if (!concerns(unit.requests.get(i))) continue;
        held.add(unit);
        return true;
      }
      return false;
    }
  }

  private boolean concerns(Request request) {
    RedisCommand command = request.command();
    if (command == null) return false;
    if (!writesOnly || mayWrite(command, request.args())) return true;
    if (request.transaction() != null) for (Request each : request.transaction().requests) if (concerns(each)) return true;
    return false;
  }

  /** Scripts may, unless they say on their first line, or by the command, that they do not. */
  private boolean mayWrite(RedisCommand command, byte[][] args) {
    if (command.has(Flag.MAY_REPLICATE) || command.has(Flag.WRITE)) return true;
    return switch (command.name()) {
      case "eval" -> {
        String script = new String(args[1], StandardCharsets.ISO_8859_1);
        yield !(script.startsWith("#!") && script.lines().findFirst().orElse("").contains(Shebang.NO_WRITES));
      }
      case "evalsha" -> server.scripts().scriptMayWrite(new String(args[1], StandardCharsets.ISO_8859_1).toLowerCase(java.util.Locale.ROOT));
      case "fcall" -> server.scripts().functionMayWrite(new String(args[1], StandardCharsets.UTF_8));
      default -> false;
    };
  }

  synchronized int held() {
    return held.size();
  }

  /** A pause under way is made longer and wider, never shorter. */
  private synchronized void begin(long millis, boolean writes) {
    long until = environment.clock().millis() + millis;
    writesOnly = writes && (writesOnly || !active);
    untilMillis = active ? Math.max(untilMillis, until) : until;
    active = true;
    if (timer != null) timer.cancel();
    timer = environment.timer().schedule(Duration.ofMillis(Math.max(0, untilMillis - environment.clock().millis())), this::end);
  }

  /** Lets go on what was held. */
  void end() {
    List<Unit> released;
    synchronized (this) {
      active = false;
      if (timer != null) timer.cancel();
      timer = null;
      released = List.copyOf(held);
      held.clear();
    }
    for (Unit unit : released) server.execute(unit);
  }

  static void pause(Call call) {
    var wrong = new RedisError("ERR timeout is not an integer or out of range");
    long millis = Numbers.integer(call.arg(2), wrong);
    if (millis < 0) throw new RedisError("ERR timeout is negative");
    if (millis > Integer.MAX_VALUE * 1000L) throw wrong;
    if (call.count() > 4 || call.count() == 4 && !call.is(3, "WRITE") && !call.is(3, "ALL")) throw new RedisError("ERR CLIENT PAUSE mode must be WRITE or ALL");
    call.server.pause().begin(millis, call.count() == 4 && call.is(3, "WRITE"));
    call.reply().ok();
  }

  static void unpause(Call call) {
    call.server.pause().end();
    call.reply().ok();
  }
}
