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
      if (name.equals("all") || name.equals("everything")) sections.add("commandstats");
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
      field("blocked_clients", 0);
      field("tracking_clients", 0);
    }
    if (section("memory", "Memory")) {
      Runtime runtime = Runtime.getRuntime();
      field("used_memory", runtime.totalMemory() - runtime.freeMemory());
      field("used_memory_rss", runtime.totalMemory());
      field("number_of_cached_scripts", server.scripts().cached());
      field("maxmemory", 0);
      field("maxmemory_policy", "noeviction");
    }
    if (section("persistence", "Persistence")) {
      field("loading", 0);
      field("rdb_bgsave_in_progress", 0);
      field("aof_enabled", 0);
      field("aof_rewrite_in_progress", 0);
    }
    if (section("stats", "Stats")) {
      field("total_connections_received", figures.connectionsTotal.getCount());
      field("total_commands_processed", figures.commands.getCount());
      field("total_net_input_bytes", figures.bytesIn.getCount());
      field("total_net_output_bytes", figures.bytesOut.getCount());
      field("rejected_connections", figures.rejected.getCount());
      field("keyspace_hits", figures.hits.getCount());
      field("keyspace_misses", figures.misses.getCount());
      field("total_error_replies", figures.errors.getCount());
    }
    if (section("replication", "Replication")) {
      field("role", "master");
      field("connected_slaves", 0);
    }
    if (section("cpu", "CPU")) field("used_cpu_user", ProcessHandle.current().info().totalCpuDuration().map(d -> d.toMillis() / 1000.0).orElse(0.0));
    if (section("commandstats", "Commandstats")) {
      server.calls().forEach((command, calls) -> field("cmdstat_" + command.name(), "calls=" + calls.sum() + ",usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=0"));
    }
    if (section("errorstats", "Errorstats") && figures.errors.getCount() > 0) field("errorstat_ERR", "count=" + figures.errors.getCount());
    if (section("cluster", "Cluster")) field("cluster_enabled", 0);
    if (section("keyspace", "Keyspace")) keyspace();
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
