package nokv.protocol.resp;

import static nokv.protocol.resp.Access.ALONE;
import static nokv.protocol.resp.Access.NONE;
import static nokv.protocol.resp.Access.READ;
import static nokv.protocol.resp.Access.SESSION;
import static nokv.protocol.resp.Access.SWEEP;

import java.util.List;

/** Commands on the server. */
final class ServerRows {
  private ServerRows() {}

  static void addTo(List<RedisCommand> all) {
    server(all);
    refused(all);
  }

  private static void refused(List<RedisCommand> all) {
    var rows = new Rows(all, "server");
    String refused = "refused";
    String replication = "admin noscript stale no_async_loading";
    rows.add("replicaof", 3, replication, "", NONE, "5.0.0", "Make the server a replica of another instance, or promote it as master.", RefusedCommands::replicaof, "NO ONE only");
    rows.add("slaveof", 3, replication, "", NONE, "1.0.0", "Make the server a replica of another instance, or promote it as master.", RefusedCommands::replicaof, "NO ONE only");
    rows.add("failover", -1, "admin noscript stale", "", NONE, "6.2.0", "Start a coordinated failover between this server and one of its replicas.", RefusedCommands::failover, refused);
    rows.add("psync", -3, "admin noscript no_async_loading no_multi", "", NONE, "2.8.0", "Internal command used for replication", RefusedCommands::replication, refused);
    rows.add("sync", 1, "admin noscript no_async_loading no_multi", "", NONE, "1.0.0", "Internal command used for replication", RefusedCommands::replication, refused);
    rows.add("replconf", -1, "admin noscript loading stale allow_busy", "", NONE, "3.0.0", "An internal command for configuring the replication stream", RefusedCommands::replication, refused);
    rows.add("module", -2, "", "", NONE, "4.0.0", "A container for module commands", Rows::container, "there are none",
        rows.row("module|list", 2, "admin noscript", NONE, "4.0.0", "List all modules loaded by the server", RefusedCommands::modules),
        rows.row("module|load", -3, replication.replace(" stale", ""), NONE, "4.0.0", "Load a module", RefusedCommands::module).differs(refused),
        rows.row("module|loadex", -3, replication.replace(" stale", ""), NONE, "7.0.0", "Load a module with extended parameters", RefusedCommands::module).differs(refused),
        rows.row("module|unload", 3, replication.replace(" stale", ""), NONE, "4.0.0", "Unload a module", RefusedCommands::module).differs(refused));
    String cluster = "refused: there is no Redis Cluster";
    var keys = new Rows(all, "generic");
    keys.add("migrate", -6, "write movablekeys @dangerous", "3 RW access delete", NONE, "2.6.0", "Atomically transfer a key from a Redis instance to another one.", RefusedCommands::migrate, refused);
    keys.add("restore-asking", -4, "write denyoom @dangerous", "1 OW update", NONE, "3.0.0", "An internal command for migrating keys in a cluster", RefusedCommands::cluster, cluster);
    var connection = new Rows(all, "connection");
    connection.add("asking", 1, "fast", "", NONE, "3.0.0", "Sent by cluster clients after an -ASK redirect", RefusedCommands::cluster, cluster);
    connection.add("readonly", 1, "loading stale fast", "", NONE, "3.0.0", "Enables read queries for a connection to a cluster replica node", RefusedCommands::cluster, cluster);
    connection.add("readwrite", 1, "loading stale fast", "", NONE, "3.0.0", "Disables read queries for a connection to a cluster replica node", RefusedCommands::cluster, cluster);
  }

  private static void server(List<RedisCommand> all) {
    var rows = new Rows(all, "server");
    String admin = "admin noscript loading stale";
    rows.add("time", 1, "loading stale fast", "", NONE, "2.6.0", "Return the current server time", ServerCommands::time, "to the millisecond");
    rows.add("info", -1, "loading stale @dangerous", "", READ, "1.0.0", "Get information and statistics about the server", ServerCommands::info, "fewer fields; the keyspace section counts all keys");
    rows.add("dbsize", 1, "readonly fast @keyspace", "", READ, "1.0.0", "Return the number of keys in the selected database", KeyCommands::dbsize, "counts: takes time in proportion to the keys");
    rows.add("flushall", -1, "write @dangerous @keyspace", "", SWEEP, "1.0.0", "Remove all keys from all databases", KeyCommands::flushall);
    rows.add("flushdb", -1, "write @dangerous @keyspace", "", SWEEP, "1.0.0", "Remove all keys from the current database", KeyCommands::flushdb);
    rows.add("config", -2, "", "", NONE, "2.0.0", "A container for server configuration commands", Rows::container, "only the subcommands listed",
        rows.row("config|get", -3, admin, NONE, "2.0.0", "Get the values of configuration parameters", ServerCommands::configGet).differs("not those of Redis's own files and replication"),
        rows.row("config|help", 2, "loading stale", NONE, "5.0.0", "Show helpful text about the different subcommands", ServerCommands::configHelp),
        rows.row("config|resetstat", 2, admin, NONE, "2.0.0", "Reset the stats returned by INFO", ServerCommands::configResetstat).differs("resets commandstats and errorstats"),
        rows.row("config|rewrite", 2, admin, NONE, "2.8.0", "Rewrite the configuration file with the in memory configuration", ServerCommands::configRewrite).differs("always refused"),
        rows.row("config|set", -4, admin, ServerCommands::configSetAccess, "2.0.0", "Set configuration parameters to the given values", ServerCommands::configSet).differs("until the server stops, but requirepass is kept; what concerns Redis's own files and replication is without effect"));
    rows.add("debug", -2, admin, "", DebugCommands::access, "1.0.0", "A container for debugging commands", DebugCommands::debug, "only " + DebugCommands.names()
        + "; what is switched on and off there is without effect, RELOAD and LOADAOF forget what is in memory beside the store, SLEEP holds up what writes");
    String everyone = "noscript loading stale";
    rows.add("acl", -2, "", "", NONE, "6.0.0", "A container for Access List Control commands", Rows::container, "users are kept in the store, those of the node's file excepted, and are the same on all gateways within 200 ms",
        rows.row("acl|cat", -2, everyone, NONE, "6.0.0", "List the ACL categories or the commands inside a category", AclCommands::cat),
        rows.row("acl|deluser", -3, admin, ALONE, "6.0.0", "Remove the specified ACL users and the associated rules", AclCommands::deluser),
        rows.row("acl|dryrun", -4, admin, NONE, "7.0.0", "Returns whether the user can execute the given command without executing the command.", AclCommands::dryrun),
        rows.row("acl|genpass", -2, everyone, NONE, "6.0.0", "Generate a pseudorandom secure password to use for ACL users", AclCommands::genpass),
        rows.row("acl|getuser", 3, admin, NONE, "6.0.0", "Get the rules for a specific ACL user", AclCommands::getuser),
        rows.row("acl|help", 2, "loading stale", NONE, "6.0.0", "Show helpful text about the different subcommands", AclCommands::help),
        rows.row("acl|list", 2, admin, NONE, "6.0.0", "List the current ACL rules in ACL config file format", AclCommands::list),
        rows.row("acl|load", 2, admin, READ, "6.0.0", "Reload the ACLs from the configured ACL file", AclCommands::load).differs("from the store"),
        rows.row("acl|log", -2, admin, NONE, "6.0.0", "List latest events denied because of ACLs in place", AclCommands::log),
        rows.row("acl|save", 2, admin, NONE, "6.0.0", "Save the current ACL rules in the configured ACL file", AclCommands::save).differs("without effect: they are in the store already"),
        rows.row("acl|setuser", -3, admin, ALONE, "6.0.0", "Modify or create the rules for a specific ACL user", AclCommands::setuser).differs("not for users of the node's file"),
        rows.row("acl|users", 2, admin, NONE, "6.0.0", "List the username of all the configured ACL rules", AclCommands::users),
        rows.row("acl|whoami", 2, everyone, SESSION, "6.0.0", "Return the name of the user associated to the current connection", AclCommands::whoami));
    rows.add("slowlog", -2, "", "", NONE, "2.2.12", "A container for slow log commands", Rows::container, "",
        rows.row("slowlog|get", -2, "admin loading stale", NONE, "2.2.12", "Get the slow log's entries", SlowLog::get),
        rows.row("slowlog|help", 2, "loading stale", NONE, "6.2.0", "Show helpful text about the different subcommands", SlowLog::help),
        rows.row("slowlog|len", 2, "admin loading stale", NONE, "2.2.12", "Get the slow log's length", SlowLog::len),
        rows.row("slowlog|reset", 2, "admin loading stale", NONE, "2.2.12", "Clear all entries from the slow log", SlowLog::reset));
    rows.add("latency", -2, "", "", NONE, "2.8.13", "A container for latency diagnostics commands", Rows::container, "events of commands only",
        rows.row("latency|doctor", 2, admin, NONE, "2.8.13", "Return a human readable latency analysis report.", LatencyEvents::doctor).differs("the figures without advice"),
        rows.row("latency|graph", 3, admin, NONE, "2.8.13", "Return a latency graph for the event.", LatencyEvents::graph),
        rows.row("latency|help", 2, "loading stale", NONE, "2.8.13", "Show helpful text about the different subcommands.", LatencyEvents::help),
        rows.row("latency|histogram", -2, admin, NONE, "7.0.0", "Return the cumulative distribution of latencies of a subset of commands or all.", LatencyEvents::histogram),
        rows.row("latency|history", 3, admin, NONE, "2.8.13", "Return timestamp-latency samples for the event.", LatencyEvents::history),
        rows.row("latency|latest", 2, admin, NONE, "2.8.13", "Return the latest latency samples for all events.", LatencyEvents::latest),
        rows.row("latency|reset", -2, admin, NONE, "2.8.13", "Reset latency data for one or more events.", LatencyEvents::reset));
    rows.add("shutdown", -1, "admin noscript loading stale no_multi allow_busy", "", SESSION, "1.0.0", "Synchronously save the dataset to disk and then shut down the server", ServerCommands::shutdown, "there is nothing to save, and nothing to wait for");
    rows.add("memory", -2, "", "", NONE, "4.0.0", "A container for memory diagnostics commands", Rows::container, "of the heap",
        rows.row("memory|doctor", 2, "", NONE, "4.0.0", "Outputs memory problems report", ServerCommands::memoryDoctor).differs("the heap in use"),
        rows.row("memory|help", 2, "loading stale", NONE, "4.0.0", "Show helpful text about the different subcommands", ServerCommands::memoryHelp),
        rows.row("memory|malloc-stats", 2, "", NONE, "4.0.0", "Show allocator internal stats", ServerCommands::memoryDoctor).differs("the heap in use"),
        rows.row("memory|purge", 2, "", NONE, "4.0.0", "Ask the allocator to release memory", DebugCommands::accept).differs("without effect: the collector decides"),
        rows.row("memory|stats", 2, "", READ, "4.0.0", "Show memory usage details", ServerCommands::memoryStats).differs("fewer fields"),
        rows.row("memory|usage", -3, "readonly", "2 RO", READ, "4.0.0", "Estimate the memory usage of a key", ObjectCommands::memoryUsage).differs("the bytes of its records"));
    rows.add("monitor", 1, "admin noscript loading stale", "", SESSION, "1.0.0", "Listen for all requests received by the server in real time", ClientCommands::monitor, "when they arrive, not when they are executed");
    rows.add("swapdb", 3, "write fast @dangerous @keyspace", "", ALONE, "4.0.0", "Swap two Redis databases", KeyCommands::swapdb, "copies both databases: takes time in proportion to their data");
    rows.add("save", 1, "admin noscript no_async_loading no_multi", "", NONE, "1.0.0", "Synchronously save the dataset to disk", ServerCommands::save, "every write is in the store's log already");
    rows.add("bgsave", -1, "admin noscript no_async_loading", "", NONE, "1.0.0", "Asynchronously save the dataset to disk", ServerCommands::bgsave, "every write is in the store's log already");
    rows.add("bgrewriteaof", 1, "admin noscript no_async_loading", "", NONE, "1.0.0", "Asynchronously rewrite the append-only file", ServerCommands::bgrewriteaof, "every write is in the store's log already");
    rows.add("lastsave", 1, "loading stale fast @admin @dangerous", "", NONE, "1.0.0", "Get the UNIX time stamp of the last successful save to disk", ServerCommands::lastsave, "now");
    rows.add("wait", 3, "noscript @connection", "", NONE, "3.0.0", "Wait for the synchronous replication of all the write commands sent in the context of the current connection", ServerCommands::wait, "there are no replicas: answers 0 at once");
    rows.add("role", 1, "noscript loading stale fast @admin @dangerous", "", NONE, "2.8.12", "Return the role of the instance in the context of replication", ServerCommands::role, "a master without replicas");
    rows.add("lolwut", -1, "readonly fast", "", NONE, "5.0.0", "Display some computer art and the Redis version", ServerCommands::lolwut, "the version only");
    String cluster = "the error of a Redis outside of a Redis Cluster";
    rows.add("cluster", -2, "", "", NONE, "3.0.0", "A container for cluster commands", Rows::container, cluster,
        rows.row("cluster|info", 2, "stale", NONE, "3.0.0", "Provides info about Redis Cluster node state", RefusedCommands::cluster).differs(cluster),
        rows.row("cluster|keyslot", 3, "stale", NONE, "3.0.0", "Returns the hash slot of the specified key", RefusedCommands::cluster).differs(cluster),
        rows.row("cluster|myid", 2, "stale", NONE, "3.0.0", "Return the node id", RefusedCommands::cluster).differs(cluster),
        rows.row("cluster|nodes", 2, "stale", NONE, "3.0.0", "Get Cluster config for the node", RefusedCommands::cluster).differs(cluster),
        rows.row("cluster|reset", -2, "admin noscript stale", NONE, "3.0.0", "Reset a Redis Cluster node", RefusedCommands::cluster).differs(cluster),
        rows.row("cluster|shards", 2, "stale", NONE, "7.0.0", "Get array of cluster slots to node mappings", RefusedCommands::cluster).differs(cluster),
        rows.row("cluster|slots", 2, "stale", NONE, "3.0.0", "Get array of Cluster slot to node mappings", RefusedCommands::cluster).differs(cluster));
    String about = "loading stale @connection";
    rows.add("command", -1, about, "", NONE, "2.8.13", "Get array of Redis command details", ServerCommands::command, "no command tips",
        rows.row("command|count", 2, about, NONE, "2.8.13", "Get total number of Redis commands", ServerCommands::commandCount),
        rows.row("command|docs", -2, about, NONE, "7.0.0", "Get array of specific Redis command documentation", ServerCommands::commandDocs).differs("no arguments and history"),
        rows.row("command|getkeys", -4, about, NONE, "2.8.13", "Extract keys given a full Redis command", ServerCommands::commandGetkeys),
        rows.row("command|getkeysandflags", -4, about, NONE, "7.0.0", "Extract keys and access flags given a full Redis command", ServerCommands::commandGetkeysandflags).differs("flags by the command, not by the key"),
        rows.row("command|help", 2, about, NONE, "5.0.0", "Show helpful text about the different subcommands", ServerCommands::commandHelp),
        rows.row("command|info", -2, about, NONE, "2.8.13", "Get array of specific Redis command details, or all when no argument is given.", ServerCommands::commandInfo),
        rows.row("command|list", -2, about, NONE, "7.0.0", "Get an array of Redis command names", ServerCommands::commandList));
  }
}
