package nokv.protocol.resp;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** The parameters CONFIG GET shows. Clients and tools ask for them; those that CONFIG SET may change are remembered until the server stops and change nothing here. Thread-safe. */
final class ServerSettings {
  private final Map<String, String> fixed = new TreeMap<>();
  private final Map<String, String> changeable = new ConcurrentSkipListMap<>();

  ServerSettings(RespOptions options) {
    fixed.put("databases", String.valueOf(KeyCommands.DATABASES));
    fixed.put("port", String.valueOf(options.port()));
    fixed.put("bind", options.host());
    fixed.put("maxclients", String.valueOf(options.maxConnections()));
    fixed.put("cluster-enabled", "no");
    fixed.put("io-threads", String.valueOf(options.ioThreads()));
    changeable.put("proto-max-bulk-len", String.valueOf(options.maxBulkBytes()));
    changeable.put("client-query-buffer-limit", String.valueOf(options.maxRequestBytes()));
    String[] others = {"save", "", "appendonly", "no", "appendfsync", "everysec", "maxmemory", "0", "maxmemory-policy", "noeviction", "timeout", "0", "tcp-keepalive", "300",
        "slowlog-log-slower-than", "10000", "slowlog-max-len", "128", "latency-monitor-threshold", "0", "lazyfree-lazy-user-del", "no", "notify-keyspace-events", "",
        "hash-max-listpack-entries", "512", "hash-max-listpack-value", "64", "list-max-listpack-size", "-2", "set-max-intset-entries", "512",
        "zset-max-listpack-entries", "128", "zset-max-listpack-value", "64", "hz", "10", "loglevel", "notice", "busy-reply-threshold", "5000",
        "lua-time-limit", "5000", "stream-node-max-entries", "100", "stream-node-max-bytes", "4096",
        "hll-sparse-max-bytes", "3000"};
    for (int i = 0; i < others.length; i += 2) changeable.put(others[i], others[i + 1]);
  }

  Map<String, String> matching(Glob... patterns) {
    var found = new TreeMap<String, String>();
    for (var group : java.util.List.of(fixed, changeable)) {
      group.forEach((name, value) -> {
        for (Glob pattern : patterns) if (pattern.matches(name.getBytes(java.nio.charset.StandardCharsets.UTF_8))) found.put(name, value);
      });
    }
    return found;
  }

  boolean isChangeable(String name) {
    return changeable.containsKey(name);
  }

  boolean isFixed(String name) {
    return fixed.containsKey(name);
  }

  void set(String name, String value) {
    changeable.put(name, value);
    if (name.equals("lua-time-limit")) changeable.put("busy-reply-threshold", value);
    if (name.equals("busy-reply-threshold")) changeable.put("lua-time-limit", value);
  }

  /** How long a script may run before other commands are told BUSY; 0 and less = for ever. */
  long busyReplyThresholdMillis() {
    String value = String.valueOf(changeable.get("busy-reply-threshold"));
    return value.matches("-?\\d{1,18}") ? Long.parseLong(value) : 0;
  }

  @Nullable String get(String name) {
    return changeable.get(name);
  }
}
