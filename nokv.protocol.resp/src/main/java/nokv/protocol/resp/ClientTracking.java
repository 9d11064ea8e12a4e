package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How one connection wants to hear of keys that change: CLIENT TRACKING ON. Belongs to its event loop, except what is final or volatile.
 *
 * @see Tracking
 */
final class ClientTracking {
  /** Where invalidations go instead; null = to the connection itself. */
  final @Nullable Connection redirect;
  final long redirectId;
  /** All keys with certain beginnings, whether the client has read them or not. */
  final boolean broadcast;
  final boolean optIn;
  final boolean optOut;
  /** What the connection itself changes is not reported to it. */
  final boolean noLoop;
  final Set<PubSub.Name> prefixes = new LinkedHashSet<>();
  /** CLIENT CACHING was given for the next command, or the transaction under way. */
  boolean caching;
  volatile boolean redirectBroken;

  private ClientTracking(@Nullable Connection redirect, long redirectId, Set<String> words) {
    this.redirect = redirect;
    this.redirectId = redirectId;
    this.broadcast = words.contains("BCAST");
    this.optIn = words.contains("OPTIN");
    this.optOut = words.contains("OPTOUT");
    this.noLoop = words.contains("NOLOOP");
  }

  /** Whether keys that the next command reads are remembered. */
  boolean remembers() {
    return !broadcast && (optIn ? caching : !(optOut && caching));
  }

  List<String> flags() {
    var flags = new ArrayList<>(List.of("on"));
    if (broadcast) flags.add("bcast");
    if (optIn) flags.add("optin");
    if (optIn && caching) flags.add("caching-yes");
    if (optOut) flags.add("optout");
    if (optOut && caching) flags.add("caching-no");
    if (noLoop) flags.add("noloop");
    if (redirectBroken) flags.add("broken_redirect");
    return flags;
  }

  // The commands

  static void tracking(Call call) {
    var words = new LinkedHashSet<String>();
    var prefixes = new ArrayList<PubSub.Name>();
    Connection redirect = null;
    long redirectId = 0;
    for (int i = 3; i < call.count(); i++) {
      boolean more = i + 1 < call.count();
      switch (call.upper(i)) {
        case "BCAST", "OPTIN", "OPTOUT", "NOLOOP" -> words.add(call.upper(i));
        case "REDIRECT" -> {
          if (!more) throw RedisError.SYNTAX;
          if (redirect != null) throw new RedisError("ERR A client can only redirect to a single other client");
          redirectId = call.integer(++i);
          redirect = connection(call, redirectId);
        }
        case "PREFIX" -> {
          if (!more) throw RedisError.SYNTAX;
          prefixes.add(new PubSub.Name(call.arg(++i)));
        }
        default -> throw RedisError.SYNTAX;
      }
    }
    if (!call.is(2, "ON") && !call.is(2, "OFF")) throw RedisError.SYNTAX;
    if (call.is(2, "OFF")) call.server.tracking().leave(call.connection());
    else call.server.tracking().enter(call.connection(), checked(call.session().tracking, new ClientTracking(redirect, redirectId, words), prefixes));
    call.reply().ok();
  }

  private static Connection connection(Call call, long id) {
    for (Connection each : call.server.connections()) if (each.admitted() && each.session().id == id) return each;
    throw new RedisError("ERR The client ID you want redirect to does not exist");
  }

  /** With the prefixes it had and these. @throws RedisError the options do not go together, or not with what held before */
  private static ClientTracking checked(@Nullable ClientTracking before, ClientTracking wanted, List<PubSub.Name> prefixes) {
    if (!wanted.broadcast && !prefixes.isEmpty()) throw new RedisError("ERR PREFIX option requires BCAST mode to be enabled");
    if (before != null && before.broadcast != wanted.broadcast) {
      throw new RedisError("ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.");
    }
    if (wanted.broadcast && (wanted.optIn || wanted.optOut)) throw new RedisError("ERR OPTIN and OPTOUT are not compatible with BCAST");
    if (wanted.optIn && wanted.optOut) throw new RedisError("ERR You can't specify both OPTIN mode and OPTOUT mode");
    if (before != null && (wanted.optIn && before.optOut || wanted.optOut && before.optIn)) {
      throw new RedisError("ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.");
    }
    Set<PubSub.Name> existing = before == null ? Set.of() : before.prefixes;
    for (int i = 0; i < prefixes.size(); i++) {
      for (PubSub.Name each : existing) overlap(prefixes.get(i), each, "an existing");
      for (PubSub.Name each : prefixes.subList(i + 1, prefixes.size())) overlap(prefixes.get(i), each, "another provided");
    }
    wanted.prefixes.addAll(existing);
    wanted.prefixes.addAll(prefixes);
    if (wanted.broadcast && wanted.prefixes.isEmpty()) wanted.prefixes.add(new PubSub.Name(new byte[0]));
    return wanted;
  }

  private static void overlap(PubSub.Name prefix, PubSub.Name other, String which) {
    if (!Tracking.startsWith(prefix.bytes(), other.bytes()) && !Tracking.startsWith(other.bytes(), prefix.bytes())) return;
    throw new RedisError("ERR Prefix '" + AclSelector.text(prefix.bytes()) + "' overlaps with " + which + " prefix '" + AclSelector.text(other.bytes()) + "'. Prefixes for a single client must not overlap.");
  }

  static void caching(Call call) {
    ClientTracking tracking = call.session().tracking;
    if (tracking == null) throw new RedisError("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled");
    boolean yes = call.is(2, "YES");
    if (!yes && !call.is(2, "NO")) throw RedisError.SYNTAX;
    if (yes && !tracking.optIn) throw new RedisError("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
    if (!yes && !tracking.optOut) throw new RedisError("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
    tracking.caching = true;
    call.reply().ok();
  }

  static void getredir(Call call) {
    ClientTracking tracking = call.session().tracking;
    call.reply().integer(tracking == null ? -1 : tracking.redirectId);
  }

  static void trackinginfo(Call call) {
    ClientTracking tracking = call.session().tracking;
    ReplyWriter reply = call.reply();
    List<String> flags = tracking == null ? List.of("off") : tracking.flags();
    reply.map(3);
    reply.bulk("flags");
    reply.set(flags.size());
    for (String flag : flags) reply.bulk(flag);
    reply.bulk("redirect");
    reply.integer(tracking == null ? -1 : tracking.redirectId);
    reply.bulk("prefixes");
    reply.array(tracking == null ? 0 : tracking.prefixes.size());
    if (tracking != null) for (PubSub.Name prefix : tracking.prefixes) reply.bulk(prefix.bytes());
  }
}
