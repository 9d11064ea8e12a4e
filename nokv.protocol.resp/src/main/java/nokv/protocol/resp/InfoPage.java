package nokv.protocol.resp;

import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import nokv.api.KeyRange;

/** The text of INFO: the fields that clients and monitors look for, with this server's figures. */
final class InfoPage {
  private static final Set<String> DEFAULT = Set.of("server", "clients", "memory", "persistence", "stats", "replication", "cpu", "errorstats", "cluster", "keyspace");
  private final Call call;
  private final Set<String> sections;
  private final StringBuilder text = new StringBuilder();

  private InfoPage(Call call, Set<String> sections) {
    this.call = call;
    this.sections = sections;
  }

  static String of(Call call) {
    var sections = new HashSet<String>();
    for (int i = 1; i < call.count(); i++) {
      String name = call.text(i).toLowerCase(Locale.ROOT);
      if (name.equals("default") || name.equals("all") || name.equals("everything")) sections.addAll(DEFAULT);
      if (name.equals("all") || name.equals("everything")) sections.addAll(Set.of("commandstats", "latencystats"));
      sections.add(name);
    }
    if (call.count() == 1) sections.addAll(DEFAULT);
    var page = new InfoPage(call, sections);
    page.write();
    return page.text.toString();
  }

  private void write() {
    RespFrontend server = call.server;
    Figures figures = server.figures();
    long up = (server.clock().millis() - server.startedMillis()) / 1000;
    if (section("server", "Server")) {
      field("redis_version", ServerCommands.REDIS_VERSION);
      field("redis_mode", "standalone");
      field("nokv_version", "0.1.0");
      field("os", System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"));
      field("arch_bits", 64);
      field("process_id", ProcessHandle.current().pid());
      field("tcp_port", ((InetSocketAddress) server.address()).getPort());
      field("uptime_in_seconds", up);
      field("uptime_in_days", up / 86_400);
    }
    if (section("clients", "Clients")) {
      field("connected_clients", server.connections().size());
      field("maxclients", server.options().maxConnections());
      field("blocked_clients", server.blocked().count() + server.pause().held());
      field("tracking_clients", server.tracking().clientCount());
    }
    if (section("memory", "Memory")) {
      field("used_memory", RespFrontend.usedMemoryBytes());
      field("used_memory_rss", Runtime.getRuntime().totalMemory());
      field("used_memory_peak", Runtime.getRuntime().totalMemory());
      field("mem_fragmentation_ratio", "1.00");
      field("mem_clients_normal", 0);
      field("lazyfree_pending_objects", 0);
      field("lazyfreed_objects", figures.sinceReset(figures.lazyFreed));
      field("number_of_cached_scripts", server.scripts().cached());
      field("maxmemory", server.settings().maxMemoryBytes());
      field("maxmemory_policy", server.settings().get("maxmemory-policy"));
    }
    if (section("persistence", "Persistence")) {
      field("loading", 0);
      field("async_loading", 0);
      field("rdb_changes_since_last_save", 0);
      field("rdb_bgsave_in_progress", 0);
      field("rdb_last_save_time", server.clock().millis() / 1000);
      field("rdb_last_bgsave_status", "ok");
      field("aof_rewrite_scheduled", 0);
      field("aof_last_bgrewrite_status", "ok");
      field("aof_last_write_status", "ok");
      field("aof_enabled", 0);
      field("aof_rewrite_in_progress", 0);
    }
    if (section("stats", "Stats")) {
      field("total_connections_received", figures.sinceReset(figures.connectionsTotal));
      field("total_commands_processed", figures.sinceReset(figures.commands));
      field("total_net_input_bytes", figures.sinceReset(figures.bytesIn));
      field("total_net_output_bytes", figures.sinceReset(figures.bytesOut));
      field("rejected_connections", figures.sinceReset(figures.rejected));
      field("keyspace_hits", figures.sinceReset(figures.hits));
      field("keyspace_misses", figures.sinceReset(figures.misses));
      field("expired_keys", 0);
      field("evicted_keys", 0);
      field("tracking_total_keys", server.tracking().keyCount());
      field("tracking_total_items", server.tracking().itemCount());
      field("tracking_total_prefixes", server.tracking().prefixCount());
      field("total_error_replies", figures.sinceReset(figures.errors));
    }
    if (section("replication", "Replication")) {
      field("role", "master");
      field("connected_slaves", 0);
      field("master_replid", "0000000000000000000000000000000000000000");
      field("master_repl_offset", 0);
    }
    if (section("cpu", "CPU")) field("used_cpu_user", ProcessHandle.current().info().totalCpuDuration().map(d -> d.toMillis() / 1000.0).orElse(0.0));
    if (section("commandstats", "Commandstats")) {
      server.commandFigures().rows().forEach(this::commandStatistics);
    }
    if (section("errorstats", "Errorstats")) server.commandFigures().errors().forEach((code, count) -> field("errorstat_" + code, "count=" + count.sum()));
    if (section("latencystats", "Latencystats") && server.settings().isOn("latency-tracking")) server.commandFigures().rows().forEach(this::percentiles);
    if (section("cluster", "Cluster")) field("cluster_enabled", 0);
    if (section("keyspace", "Keyspace")) keyspace();
  }

  private void commandStatistics(RedisCommand command, CommandFigures.Row row) {
    long calls = row.calls.sum();
    long micros = row.nanos.sum() / 1000;
    field("cmdstat_" + command.name(), "calls=" + calls + ",usec=" + micros + ",usec_per_call=" + String.format(Locale.ROOT, "%.2f", calls == 0 ? 0.0 : (double) micros / calls)
        + ",rejected_calls=" + row.rejected.sum() + ",failed_calls=" + row.failed.sum());
  }

  private void percentiles(RedisCommand command, CommandFigures.Row row) {
    var shown = new StringBuilder();
    for (String percent : call.server.settings().get("latency-tracking-info-percentiles").trim().split(" +")) {
      if (percent.isEmpty()) continue;
      shown.append(shown.isEmpty() ? "p" : ",p").append(percent).append('=').append(String.format(Locale.ROOT, "%.3f", row.percentile(Double.parseDouble(percent))));
    }
    field("latency_percentiles_usec_" + command.name(), shown);
  }

  /** Counted by walking over all keys. */
  private void keyspace() {
    var keys = new long[256];
    var expires = new long[256];
    try (var walk = new KeyWalk(call.keys.scan(KeyRange.ALL, nokv.api.Direction.FORWARD), -1)) {
      while (walk.next()) {
        keys[walk.database()]++;
        if (walk.expiryMillis() != 0) expires[walk.database()]++;
      }
    }
    for (int db = 0; db < keys.length; db++) if (keys[db] > 0) field("db" + db, "keys=" + keys[db] + ",expires=" + expires[db] + ",avg_ttl=0");
  }

  private boolean section(String name, String title) {
    if (!sections.contains(name)) return false;
    if (!text.isEmpty()) text.append("\r\n");
    text.append("# ").append(title).append("\r\n");
    return true;
  }

  private void field(String name, Object value) {
    text.append(name).append(':').append(value).append("\r\n");
  }
}
