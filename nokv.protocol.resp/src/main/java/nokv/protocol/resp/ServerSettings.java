package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The parameters of CONFIG GET and SET, kept until the server stops. Those that decide something here are read by name below; the others are what clients and tools ask for and set back: they are
 * remembered and decide nothing, since the store is configured in the node's file. Thread-safe: a change replaces all values at once.
 */
final class ServerSettings {
  private static final String TABLE = """
      databases number 16 fixed
      cluster-enabled flag no fixed
      daemonize flag no fixed
      io-threads number 1 fixed
      replicaof/slaveof text - fixed
      port number 6379 0 65535
      bind text -
      dir text -
      dbfilename text dump.rdb
      maxclients number 10000 1 4294967295
      maxmemory size 0
      maxmemory-clients size_or_percent 0
      maxmemory-samples number 5 1 2147483647
      maxmemory-eviction-tenacity number 10 0 100
      maxmemory-policy choice noeviction volatile-lru volatile-lfu volatile-random volatile-ttl allkeys-lru allkeys-lfu allkeys-random noeviction
      requirepass text -
      protected-mode flag yes
      timeout number 0 0 2147483647
      tcp-keepalive number 300 0 2147483647
      save text -
      appendonly flag no
      appendfsync choice everysec everysec always no
      auto-aof-rewrite-percentage number 100 0 2147483647
      auto-aof-rewrite-min-size size 67108864
      aof-use-rdb-preamble flag yes
      rdbcompression flag yes
      repl-backlog-size size 1048576 1
      repl-ping-replica-period/repl-ping-slave-period number 10 1 2147483647
      repl-diskless-sync-delay number 5 0 2147483647
      replica-serve-stale-data/slave-serve-stale-data flag yes
      min-replicas-to-write/min-slaves-to-write number 0 0 2147483647
      loglevel choice notice debug verbose notice warning
      hz number 10 0 2147483647
      dynamic-hz flag yes
      activerehashing flag yes
      activedefrag flag no
      active-expire-effort number 1 1 10
      lazyfree-lazy-eviction flag no
      lazyfree-lazy-expire flag no
      lazyfree-lazy-server-del flag no
      lazyfree-lazy-user-del flag no
      lazyfree-lazy-user-flush flag no
      lfu-log-factor number 10 0 2147483647
      lfu-decay-time number 1 0 2147483647
      slowlog-log-slower-than number 10000 -1
      slowlog-max-len number 128
      latency-monitor-threshold number 0
      latency-tracking flag yes
      latency-tracking-info-percentiles text 50_99_99.9
      acllog-max-len number 128
      acl-pubsub-default choice resetchannels allchannels resetchannels
      notify-keyspace-events events -
      tracking-table-max-keys number 1000000
      busy-reply-threshold/lua-time-limit number 5000
      proto-max-bulk-len size 536870912 1048576
      client-query-buffer-limit size 1073741824 1048576
      client-output-buffer-limit limits normal_0_0_0_slave_268435456_67108864_60_pubsub_33554432_8388608_60
      hash-max-listpack-entries/hash-max-ziplist-entries number 512
      hash-max-listpack-value/hash-max-ziplist-value size 64
      list-max-listpack-size/list-max-ziplist-size number -2 -2147483648 2147483647
      list-compress-depth number 0 0 2147483647
      set-max-intset-entries number 512
      zset-max-listpack-entries/zset-max-ziplist-entries number 128
      zset-max-listpack-value/zset-max-ziplist-value size 64
      stream-node-max-entries number 100
      stream-node-max-bytes size 4096
      hll-sparse-max-bytes size 3000
      sanitize-dump-payload choice no no yes clients
      set-proc-title flag yes fixed
      key-load-delay number 0 -2147483648 2147483647 hidden
      rdb-key-save-delay number 0 -2147483648 2147483647 hidden
      """;

  private final Map<String, Parameter> byName = new HashMap<>();
  private volatile Map<String, String> values = Map.of();
  // Read for every command
  private volatile long slowerThanMicros;
  private volatile long latencyMillis;
  private volatile long maxMemoryBytes;
  private volatile int events;
  private volatile OutputLimit normalLimit = new OutputLimit(0, 0, 0);
  private volatile OutputLimit pubSubLimit = normalLimit;
  private volatile long minReplicas;

  ServerSettings(RespOptions options) {
    Map<String, String> own = Map.of("port", String.valueOf(options.port()), "bind", options.host(), "maxclients", String.valueOf(options.maxConnections()),
        "io-threads", String.valueOf(options.ioThreads()), "requirepass", options.password(), "proto-max-bulk-len", String.valueOf(options.maxBulkBytes()),
        "client-query-buffer-limit", String.valueOf(options.maxRequestBytes()), "dir", System.getProperty("user.dir", ""));
    var initial = new LinkedHashMap<String, String>();
    TABLE.lines().map(Parameter::of).forEach(parameter -> {
      byName.put(parameter.name(), parameter);
      if (parameter.alias() != null) byName.put(parameter.alias(), parameter);
      initial.put(parameter.name(), own.getOrDefault(parameter.name(), parameter.initial()));
    });
    take(initial);
  }

  private void take(Map<String, String> all) {
    values = Map.copyOf(all);
    slowerThanMicros = number("slowlog-log-slower-than");
    latencyMillis = number("latency-monitor-threshold");
    maxMemoryBytes = number("maxmemory");
    minReplicas = number("min-replicas-to-write");
    events = KeyEvents.mask(get("notify-keyspace-events"));
    String[] limits = get("client-output-buffer-limit").split(" ");
    normalLimit = OutputLimit.of(limits, 0);
    pubSubLimit = OutputLimit.of(limits, 8);
  }

  Map<String, String> matching(String... patterns) {
    var found = new TreeMap<String, String>();
    for (String pattern : patterns) {
      Parameter exact = byName.get(pattern);
      if (exact != null) found.put(pattern, get(exact.name()));
      var glob = new Glob(pattern.getBytes(StandardCharsets.UTF_8));
      byName.forEach((name, parameter) -> {
        if (!parameter.hidden() && glob.matches(name.getBytes(StandardCharsets.UTF_8))) found.put(name, get(parameter.name()));
      });
    }
    return found;
  }

  /** Sets several parameters, all or none. @throws RedisError one is not known, cannot be changed, or cannot have this value */
  synchronized void set(Map<String, String> changes) {
    var changed = new HashMap<>(values);
    var seen = new HashSet<String>();
    for (String name : changes.keySet()) {
      if (!byName.containsKey(name.toLowerCase(Locale.ROOT))) throw new RedisError("ERR Unknown option or number of arguments for CONFIG SET - '" + name + "'");
    }
    for (var change : changes.entrySet()) {
      Parameter parameter = parameter(change.getKey());
      if (parameter.fixed()) throw failed(change.getKey(), "can't set immutable config");
      if (!seen.add(parameter.name())) throw duplicate(change.getKey());
      String present = get(parameter.name());
      try {
        String value = parameter.checked(change.getValue(), present);
        if ("port".equals(parameter.name()) && !value.equals(present)) throw new IllegalArgumentException("Unable to listen on this port: resp.listen_addr of the node's file decides");
        changed.put(parameter.name(), value);
      } catch (IllegalArgumentException e) {
        throw failed(change.getKey(), String.valueOf(e.getMessage()));
      }
    }
    take(changed);
  }

  private Parameter parameter(String name) {
    return java.util.Objects.requireNonNull(byName.get(name.toLowerCase(Locale.ROOT)));
  }

  static RedisError duplicate(String name) {
    return failed(name, "duplicate parameter");
  }

  private static RedisError failed(String name, String reason) {
    return new RedisError("ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + reason);
  }

  /** The value of a parameter by its newer name. */
  String get(String name) {
    return java.util.Objects.requireNonNull(values.get(name), name);
  }

  long number(String name) {
    return Long.parseLong(get(name));
  }

  boolean isOn(String name) {
    return "yes".equals(get(name));
  }

  /** How long a script may run before other commands are told BUSY; 0 = for ever. */
  long busyReplyThresholdMillis() {
    return number("busy-reply-threshold");
  }

  /** From how long on a command is in the slow log; negative = none is. */
  long slowerThanMicros() {
    return slowerThanMicros;
  }

  /** From how long on an event counts as latency; 0 = none does. */
  long latencyMillis() {
    return latencyMillis;
  }

  /** Heap in use beyond which commands that add data are refused; 0 = none are. */
  long maxMemoryBytes() {
    return maxMemoryBytes;
  }

  /** What a client may be owed, beside the limit that holds for all. @param subscribed whether it listens to channels */
  OutputLimit outputLimit(boolean subscribed) {
    return subscribed ? pubSubLimit : normalLimit;
  }

  /** So many replicas a write needs; 0 = none. */
  long minReplicas() {
    return minReplicas;
  }

  /** Which changes of keys are published, see {@link KeyEvents}. */
  int events() {
    return events;
  }
}
