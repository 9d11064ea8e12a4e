package nokv.protocol.resp;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import nokv.api.ConfigException;
import nokv.api.NoKVException;
import nokv.spi.Environment;
import org.jspecify.annotations.Nullable;

/*
 * How users are kept
 *
 * Those of the node's file (resp.users, resp.requirepass) are what the file says and are changed there. All others are records in the store, see docs/formats/redis.md, so they are there after a
 * restart, and all gateways of a cluster have the same. ACL SETUSER and its kin change the record in the transaction of the command; once that is committed, all records are read again and what is
 * here is made to agree. A generation is written with every change. Where others write to the store too it is looked at every POLL_MILLIS: so long a change of another gateway may take.
 *
 * Every command is checked when it arrives (CommandIntake), those of a transaction once more when EXEC arrives, and those of a script when they are called, always by `check` here. What waits (BLPOP)
 * was checked before.
 *
 * Until the users have been read, commands are told LOADING: nobody passes because a store does not answer.
 */
final class Acl {
  private static final byte[] GENERATION = {2};
  private static final byte USER = 3;
  private static final long POLL_MILLIS = 200;

  private final RespFrontend server;
  private final Environment environment;
  private final boolean shared;
  private final Map<String, AclRights> given;
  private final Map<String, AclUser> users = new ConcurrentSkipListMap<>();
  private final AclUser defaultUser;
  private final AclLog log = new AclLog();
  private volatile boolean loaded;
  private volatile long generation;
  private volatile boolean closed;

  /** @param shared whether others than this frontend write to the store */
  Acl(RespFrontend server, Environment environment, RespOptions options, boolean shared) {
    this.server = server;
    this.environment = environment;
    this.shared = shared;
    this.given = given(options);
    this.defaultUser = new AclUser(AclUser.DEFAULT, given.getOrDefault(AclUser.DEFAULT, AclRights.ofDefaultUser()));
    users.put(AclUser.DEFAULT, defaultUser);
  }

  private static Map<String, AclRights> given(RespOptions options) {
    var given = new HashMap<String, AclRights>();
    for (String line : options.users()) {
      List<String> words = List.of(line.trim().split(" +"));
      String name = words.getFirst();
      try {
        AclRights before = name.equals(AclUser.DEFAULT) ? AclRights.ofDefaultUser() : new AclRights();
        if (given.put(name, before.with(words.subList(1, words.size()), false)) != null) throw new ConfigException("resp.users names " + name + " twice");
      } catch (RedisError e) {
        throw new ConfigException("resp.users, user " + name + ": " + e.text().replace("ERR ", ""));
      }
    }
    if (options.password().isEmpty()) return given;
    if (given.containsKey(AclUser.DEFAULT)) throw new ConfigException("resp.requirepass and the user default in resp.users exclude each other; put >password into resp.users");
    given.put(AclUser.DEFAULT, AclRights.ofDefaultUser().with(List.of("resetpass", ">" + AclSelector.text(options.password().getBytes(java.nio.charset.StandardCharsets.UTF_8))), false));
    return given;
  }

  /** Whether a name or a pattern has what it must not have. */
  static boolean hasBlanks(String text) {
    return text.chars().anyMatch(c -> c == ' ' || c >= '\t' && c <= '\r' || c == 0);
  }

  // Reading them

  /** Reads the users, and goes on looking for changes where others may make them. */
  void start() {
    try {
      reload();
    } catch (NoKVException e) {
      server.log().warn("the users cannot be read yet, so clients are told LOADING: {}", e.getMessage());
    }
    if (shared || !loaded) poll();
  }

  private void poll() {
    if (closed) return;
    environment.timer().schedule(Duration.ofMillis(POLL_MILLIS), () -> {
      try {
        if (!loaded || stored(server.newKeyspace()) != generation) reload();
      } catch (NoKVException e) {
        server.log().debug("the users cannot be read: {}", e.getMessage());
      }
      if (shared || !loaded) poll();
    });
  }

  void close() {
    closed = true;
  }

  private static long stored(Keyspace keys) {
    byte[] record = keys.systemRecord(GENERATION);
    return record == null ? 0 : java.nio.ByteBuffer.wrap(record).getLong(1);
  }

  /** Makes the users here those of the store. Whoever is no longer one is cut, and so is who listens to what is no longer allowed. */
  synchronized void reload() {
    Keyspace keys = server.newKeyspace();
    long now = stored(keys);
    var found = new HashMap<String, AclRights>();
    found.put(AclUser.DEFAULT, AclRights.ofDefaultUser());
    keys.forEachSystemRecord(USER, (name, record) -> {
      try {
        found.put(AclSelector.text(name), parse(record));
      } catch (RedisError e) {
        server.log().error("user {} is left out, its record cannot be read: {}", AclSelector.text(name), e.text());
      }
    });
    found.putAll(given);
    found.forEach((name, rights) -> {
      AclUser user = users.putIfAbsent(name, new AclUser(name, rights));
      if (user != null) user.rights(rights);
    });
    users.keySet().retainAll(found.keySet());
    for (Connection connection : server.connections()) if (connection.admitted() && !isAllowed(connection.session())) connection.cut();
    generation = now;
    loaded = true;
  }

  private static AclRights parse(byte[] record) {
    if (record[0] != Metadata.FORMAT_VERSION) throw new RedisError("ERR written in format version " + record[0] + ", this build reads " + Metadata.FORMAT_VERSION);
    return AclRights.parse(new String(record, 1, record.length - 1, java.nio.charset.StandardCharsets.ISO_8859_1));
  }

  /** Whether a connection may go on with what it is and what it listens to. */
  private boolean isAllowed(Session session) {
    if (users.get(session.user.name) != session.user) return false;
    AclRights rights = session.user.rights();
    if (rights.allowsAllChannels()) return true;
    for (PubSub.Kind kind : PubSub.Kind.values()) {
      for (PubSub.Name name : List.copyOf(session.subscriptions(kind))) if (!rights.allowsChannel(name.bytes(), kind == PubSub.Kind.PATTERN)) return false;
    }
    return true;
  }

  // Who is who

  @Nullable AclUser user(String name) {
    return users.get(name);
  }

  /** In the order of their names. */
  java.util.Collection<AclUser> all() {
    return users.values();
  }

  AclUser defaultUser() {
    return defaultUser;
  }

  AclLog log() {
    return log;
  }

  private boolean nobodyNeedsToLogIn() {
    return defaultUser.rights().isEnabled() && defaultUser.rights().needsNoPassword();
  }

  /** Makes a connection one of the default user, logged in if that needs no password. */
  void welcome(Session session) {
    session.user = defaultUser;
    session.authenticated = nobodyNeedsToLogIn();
  }

  boolean isAuthenticated(Session session) {
    return session.authenticated || nobodyNeedsToLogIn();
  }

  /** @throws RedisError it is not the password, or there is no such user, or none who may log in; it is logged */
  void logIn(Session session, byte[] command, byte[] name, byte[] password) {
    AclUser user = users.get(AclSelector.text(name));
    if (user == null || !user.rights().accepts(password)) {
      log(session, "auth", session.multi ? AclLog.Context.MULTI : AclLog.Context.TOPLEVEL, command, AclSelector.text(name));
      throw new RedisError("WRONGPASS invalid username-password pair or user is disabled.");
    }
    session.user = user;
    session.authenticated = true;
  }

  // The check

  /** Whether a connection may run a command: null = it may; a refusal is logged. From any thread. */
  @Nullable AclDenial check(Session session, RedisCommand command, byte[][] args, AclLog.Context context) {
    AclRights rights = session.user.rights();
    if (rights.isUnrestricted()) return null;
    AclDenial denial = rights.check(command, args);
    if (denial != null) log(session, denial.reason().word(), context, denial.object(command, args), session.user.name);
    return denial;
  }

  /** @throws RedisError the connection may not send this command: it has not logged in, or its user has no right to */
  void admit(Session session, RedisCommand command, byte[][] args) {
    if (!loaded) throw new RedisError("LOADING the users are being read from the store");
    if (!isAuthenticated(session) && !command.has(Flag.NO_AUTH)) throw new RedisError("NOAUTH Authentication required.");
    AclDenial denial = check(session, command, args, session.multi ? AclLog.Context.MULTI : AclLog.Context.TOPLEVEL);
    if (denial != null) throw denial.refusal(command);
  }

  private void log(Session session, String reason, AclLog.Context context, byte[] object, String user) {
    long now = server.clock().millis();
    log.add(new AclLog.Entry(1, reason, context, object, user, now, session.describe(now)), server.settings().number("acllog-max-len"));
  }

  // Changes, in the transaction of a call

  /** Changes a user, or makes one. @throws RedisError a rule is none, or the user is given by the file */
  void set(Call call, String name, List<String> rules) {
    checkNotGiven(name);
    boolean allChannels = "allchannels".equals(server.settings().get("acl-pubsub-default"));
    byte[] record = call.keys.systemRecord(key(name));
    AclRights before = record != null ? parse(record) : name.equals(AclUser.DEFAULT) ? AclRights.ofDefaultUser() : new AclRights().with(allChannels ? List.of("allchannels") : List.of(), false);
    call.keys.putSystemRecord(key(name), before.with(rules, allChannels).record());
    changed(call);
  }

  /** Deletes users and says how many there were. */
  int delete(Call call, List<String> names) {
    for (String name : names) checkNotGiven(name);
    var deleted = new ArrayList<String>();
    for (String name : names) {
      if (deleted.contains(name) || call.keys.systemRecord(key(name)) == null) continue;
      call.keys.putSystemRecord(key(name), null);
      deleted.add(name);
    }
    if (!deleted.isEmpty()) changed(call);
    return deleted.size();
  }

  /** @throws RedisError the file decides about this user */
  void checkNotGiven(String name) {
    if (given.containsKey(name)) throw new RedisError("ERR User '" + name + "' is defined in the node's file (resp.users, resp.requirepass) and is changed there");
  }

  private void changed(Call call) {
    call.keys.putSystemRecord(GENERATION, java.nio.ByteBuffer.allocate(1 + Long.BYTES).put(Metadata.FORMAT_VERSION).putLong(call.keys.newElementVersion()).array());
    call.keys.afterwards(this::reload);
  }

  private static byte[] key(String name) {
    byte[] bytes = AclSelector.bytes(name);
    return java.nio.ByteBuffer.allocate(1 + bytes.length).put(USER).put(bytes).array();
  }
}
