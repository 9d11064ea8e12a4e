package nokv.protocol.resp;

import static nokv.protocol.resp.Access.ALONE;
import static nokv.protocol.resp.Access.BLIND;
import static nokv.protocol.resp.Access.NONE;
import static nokv.protocol.resp.Access.READ;
import static nokv.protocol.resp.Access.SERIAL;
import static nokv.protocol.resp.Access.SESSION;
import static nokv.protocol.resp.Access.SWEEP;
import static nokv.protocol.resp.Access.UPDATE;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import nokv.protocol.resp.RedisCommand.Handler;
import org.jspecify.annotations.Nullable;

/** Every command there is, each once: what COMMAND says, what is checked, what runs, and what {@code docs/redis-commands.md} lists come from here. */
final class CommandTable {
  private static final String IN_ORDER = "in byte order";
  private static final String COUNTS = "takes time in proportion to the members passed";
  private static final String LEX = "by member, the order is that of the bytes, whatever the scores";
  static final List<RedisCommand> ALL = all();
  private static final RedisCommand[] SLOTS = slots();

  private CommandTable() {}

  private static List<RedisCommand> all() {
    var all = new ArrayList<RedisCommand>();
    connection(all);
    server(all);
    transactions(all);
    generic(all);
    strings(all);
    hashes(all);
    sets(all);
    lists(all);
    sortedSets(all);
    bitmaps(all);
    scripting(all);
    geo(all);
    streams(all);
    hyperLogLogs(all);
    pubSub(all);
    all.sort(java.util.Comparator.comparing(RedisCommand::name));
    return List.copyOf(all);
  }

  private static void connection(List<RedisCommand> all) {
    var group = new Group(all, "connection");
    String quick = "noscript loading stale fast";
    group.add("ping", -1, "fast", 0, 0, 0, NONE, "1.0.0", "Ping the server", ConnectionCommands::ping);
    group.add("echo", 2, "loading stale fast", 0, 0, 0, NONE, "1.0.0", "Echo the given string", ConnectionCommands::echo);
    group.add("quit", -1, quick + " allow_busy no_auth no_multi", 0, 0, 0, SESSION, "1.0.0", "Close the connection", ConnectionCommands::quit);
    group.add("reset", 1, quick + " allow_busy no_auth no_multi", 0, 0, 0, SESSION, "6.2.0", "Reset the connection", ConnectionCommands::reset);
    group.add("select", 2, "loading stale fast", 0, 0, 0, SESSION, "1.0.0", "Change the selected database for the current connection", ConnectionCommands::select);
    group.add("auth", -2, quick + " allow_busy no_auth", 0, 0, 0, SESSION, "1.0.0", "Authenticate to the server", ConnectionCommands::auth, "one user, \"default\", without a password");
    group.add("hello", -1, quick + " allow_busy no_auth", 0, 0, 0, SESSION, "6.0.0", "Handshake with Redis", ConnectionCommands::hello);
    String client = "noscript loading stale";
    group.add("client", -2, "", 0, 0, 0, NONE, "2.4.0", "A container for client connection commands", CommandTable::container, "only the subcommands listed",
        group.row("client|getname", 2, client, SESSION, "2.6.9", "Get the current connection name", ConnectionCommands::clientGetname),
        group.row("client|id", 2, client, SESSION, "5.0.0", "Returns the client ID for the current connection", ConnectionCommands::clientId),
        group.row("client|info", 2, client, SESSION, "6.2.0", "Returns information about the current client connection.", ConnectionCommands::clientInfo),
        group.row("client|kill", -3, "admin " + client, SESSION, "2.4.0", "Kill the connection of a client", ClientCommands::kill),
        group.row("client|list", -2, "admin " + client, SESSION, "2.4.0", "Get the list of client connections", ClientCommands::list),
        group.row("client|pause", -3, "admin " + client, SESSION, "2.9.50", "Stop processing commands from clients for some time", Pause::pause).differs("what only concerns the connection goes on; scripts by SHA and functions count as writing"),
        group.row("client|unpause", 2, "admin " + client, SESSION, "6.2.0", "Resume processing of clients that were paused", Pause::unpause),
        group.row("client|reply", 3, client, SESSION, "3.2.0", "Instruct the server whether to reply to commands", ClientCommands::reply),
        group.row("client|unblock", -3, "admin " + client, SESSION, "5.0.0", "Unblock a client blocked in a blocking command from a different connection", ClientCommands::unblock),
        group.row("client|no-evict", 3, client, SESSION, "7.0.0", "Set client eviction mode for the current connection", ConnectionCommands::clientSwitch).differs("nothing is ever evicted"),
        group.row("client|setinfo", 4, client, SESSION, "7.2.0", "Set client or connection specific info", ConnectionCommands::clientSetinfo),
        group.row("client|setname", 3, client, SESSION, "2.6.9", "Set the current connection name", ConnectionCommands::clientSetname));
  }

  private static void server(List<RedisCommand> all) {
    var group = new Group(all, "server");
    String admin = "admin noscript loading stale";
    group.add("time", 1, "loading stale fast", 0, 0, 0, NONE, "2.6.0", "Return the current server time", ServerCommands::time, "to the millisecond");
    group.add("info", -1, "loading stale", 0, 0, 0, READ, "1.0.0", "Get information and statistics about the server", ServerCommands::info, "fewer fields; the keyspace section counts all keys");
    group.add("dbsize", 1, "readonly fast", 0, 0, 0, READ, "1.0.0", "Return the number of keys in the selected database", KeyCommands::dbsize, "counts: takes time in proportion to the keys");
    group.add("flushall", -1, "write", 0, 0, 0, SWEEP, "1.0.0", "Remove all keys from all databases", KeyCommands::flushall);
    group.add("flushdb", -1, "write", 0, 0, 0, SWEEP, "1.0.0", "Remove all keys from the current database", KeyCommands::flushdb);
    group.add("config", -2, "", 0, 0, 0, NONE, "2.0.0", "A container for server configuration commands", CommandTable::container, "only the subcommands listed",
        group.row("config|get", -3, admin, NONE, "2.0.0", "Get the values of configuration parameters", ServerCommands::configGet).differs("not those of Redis's own files and replication"),
        group.row("config|resetstat", 2, admin, NONE, "2.0.0", "Reset the stats returned by INFO", ServerCommands::configResetstat).differs("resets commandstats and errorstats"),
        group.row("config|rewrite", 2, admin, NONE, "2.8.0", "Rewrite the configuration file with the in memory configuration", ServerCommands::configRewrite).differs("always refused"),
        group.row("config|set", -4, admin, NONE, "2.0.0", "Set configuration parameters to the given values", ServerCommands::configSet).differs("until the server stops; what concerns Redis's own files and replication is without effect"));
    group.add("debug", -2, "", 0, 0, 0, NONE, "1.0.0", "A container for debugging commands", CommandTable::container, "only the subcommands listed",
        group.row("debug|object", 3, admin, READ, "1.0.0", "What is known of how a key's value is held", ObjectCommands::debugObject),
        group.row("debug|pause-cron", 3, admin, NONE, "7.0.0", "Stop and start periodic work", DebugCommands::setActiveExpire).differs("without effect"),
        group.row("debug|replybuffer", -3, admin, NONE, "7.0.0", "Settings of reply buffers", DebugCommands::accept).differs("without effect"),
        group.row("debug|jmap", -2, admin, NONE, "1.0.0", "Show the heap", DebugCommands::jmap).differs("the heap's size"),
        group.row("debug|quicklist-packed-threshold", 3, admin, NONE, "7.0.0", "From which size on an item of a list is held alone", DebugCommands::accept).differs("without effect"),
        group.row("debug|change-repl-id", 2, admin, NONE, "4.0.0", "Change the replication ID", DebugCommands::noReplication).differs("refused: there is no replication"),
        group.row("debug|protocol", 3, admin, NONE, "6.0.0", "One reply of a kind", DebugCommands::protocol),
        group.row("debug|reload", -2, admin, ALONE, "1.0.0", "Save the data and load them again", DebugCommands::reload).differs("forgets what is in memory beside the store"),
        group.row("debug|loadaof", 2, admin, ALONE, "2.4.0", "Flush the AOF and load it", DebugCommands::reload).differs("forgets what is in memory beside the store"),
        group.row("debug|sleep", 3, admin, ALONE, "1.0.0", "Hold up the server", DebugCommands::sleep).differs("holds up what writes"),
        group.row("debug|set-active-expire", 3, admin, NONE, "2.8.0", "Stop and start the active cycle of expiry", DebugCommands::setActiveExpire).differs("without effect"),
        group.row("debug|set-disable-deny-scripts", 3, admin, NONE, "7.0.0", "Let scripts call what is not meant for them", DebugCommands::setDisableDenyScripts));
    group.add("slowlog", -2, "", 0, 0, 0, NONE, "2.2.12", "A container for slow log commands", CommandTable::container, "",
        group.row("slowlog|get", -2, "admin loading stale", NONE, "2.2.12", "Get the slow log's entries", SlowLog::get),
        group.row("slowlog|help", 2, "loading stale", NONE, "6.2.0", "Show helpful text about the different subcommands", SlowLog::help),
        group.row("slowlog|len", 2, "admin loading stale", NONE, "2.2.12", "Get the slow log's length", SlowLog::len),
        group.row("slowlog|reset", 2, "admin loading stale", NONE, "2.2.12", "Clear all entries from the slow log", SlowLog::reset));
    group.add("latency", -2, "", 0, 0, 0, NONE, "2.8.13", "A container for latency diagnostics commands", CommandTable::container, "events of commands only",
        group.row("latency|doctor", 2, admin, NONE, "2.8.13", "Return a human readable latency analysis report.", LatencyEvents::doctor).differs("the figures without advice"),
        group.row("latency|graph", 3, admin, NONE, "2.8.13", "Return a latency graph for the event.", LatencyEvents::graph),
        group.row("latency|help", 2, "loading stale", NONE, "2.8.13", "Show helpful text about the different subcommands.", LatencyEvents::help),
        group.row("latency|histogram", -2, admin, NONE, "7.0.0", "Return the cumulative distribution of latencies of a subset of commands or all.", LatencyEvents::histogram),
        group.row("latency|history", 3, admin, NONE, "2.8.13", "Return timestamp-latency samples for the event.", LatencyEvents::history),
        group.row("latency|latest", 2, admin, NONE, "2.8.13", "Return the latest latency samples for all events.", LatencyEvents::latest),
        group.row("latency|reset", -2, admin, NONE, "2.8.13", "Reset latency data for one or more events.", LatencyEvents::reset));
    group.add("memory", -2, "", 0, 0, 0, NONE, "4.0.0", "A container for memory diagnostics commands", CommandTable::container, "only the subcommands listed",
        group.row("memory|usage", -3, "readonly", READ, "4.0.0", "Estimate the memory usage of a key", ObjectCommands::memoryUsage).differs("the bytes of its records"));
    group.add("monitor", 1, "admin noscript loading stale", 0, 0, 0, SESSION, "1.0.0", "Listen for all requests received by the server in real time", ClientCommands::monitor, "when they arrive, not when they are executed");
    group.add("swapdb", 3, "write fast", 0, 0, 0, ALONE, "4.0.0", "Swap two Redis databases", KeyCommands::swapdb, "copies both databases: takes time in proportion to their data");
    group.add("save", 1, "admin noscript no_async_loading no_multi", 0, 0, 0, NONE, "1.0.0", "Synchronously save the dataset to disk", ServerCommands::save, "every write is in the store's log already");
    group.add("bgsave", -1, "admin noscript no_async_loading", 0, 0, 0, NONE, "1.0.0", "Asynchronously save the dataset to disk", ServerCommands::bgsave, "every write is in the store's log already");
    group.add("bgrewriteaof", 1, "admin noscript no_async_loading", 0, 0, 0, NONE, "1.0.0", "Asynchronously rewrite the append-only file", ServerCommands::bgrewriteaof, "every write is in the store's log already");
    group.add("lastsave", 1, "loading stale fast", 0, 0, 0, NONE, "1.0.0", "Get the UNIX time stamp of the last successful save to disk", ServerCommands::lastsave, "now");
    group.add("wait", 3, "noscript", 0, 0, 0, NONE, "3.0.0", "Wait for the synchronous replication of all the write commands sent in the context of the current connection", ServerCommands::wait, "there are no replicas: answers 0 at once");
    group.add("role", 1, "noscript loading stale fast", 0, 0, 0, NONE, "2.8.12", "Return the role of the instance in the context of replication", ServerCommands::role, "a master without replicas");
    group.add("lolwut", -1, "readonly fast", 0, 0, 0, NONE, "5.0.0", "Display some computer art and the Redis version", ServerCommands::lolwut, "the version only");
    String cluster = "the error of a Redis outside of a Redis Cluster";
    group.add("cluster", -2, "", 0, 0, 0, NONE, "3.0.0", "A container for cluster commands", CommandTable::container, cluster,
        group.row("cluster|info", 2, "stale", NONE, "3.0.0", "Provides info about Redis Cluster node state", CommandTable::noCluster).differs(cluster),
        group.row("cluster|keyslot", 3, "stale", NONE, "3.0.0", "Returns the hash slot of the specified key", CommandTable::noCluster).differs(cluster),
        group.row("cluster|myid", 2, "stale", NONE, "3.0.0", "Return the node id", CommandTable::noCluster).differs(cluster),
        group.row("cluster|nodes", 2, "stale", NONE, "3.0.0", "Get Cluster config for the node", CommandTable::noCluster).differs(cluster),
        group.row("cluster|reset", -2, "noscript stale", NONE, "3.0.0", "Reset a Redis Cluster node", CommandTable::noCluster).differs(cluster),
        group.row("cluster|shards", 2, "stale", NONE, "7.0.0", "Get array of cluster slots to node mappings", CommandTable::noCluster).differs(cluster),
        group.row("cluster|slots", 2, "stale", NONE, "3.0.0", "Get array of Cluster slot to node mappings", CommandTable::noCluster).differs(cluster));
    String about = "loading stale";
    group.add("command", -1, about, 0, 0, 0, NONE, "2.8.13", "Get array of Redis command details", ServerCommands::command, "no command tips",
        group.row("command|count", 2, about, NONE, "2.8.13", "Get total number of Redis commands", ServerCommands::commandCount),
        group.row("command|docs", -2, about, NONE, "7.0.0", "Get array of specific Redis command documentation", ServerCommands::commandDocs).differs("no arguments and history"),
        group.row("command|getkeys", -4, about, NONE, "2.8.13", "Extract keys given a full Redis command", ServerCommands::commandGetkeys),
        group.row("command|getkeysandflags", -4, about, NONE, "7.0.0", "Extract keys and access flags given a full Redis command", ServerCommands::commandGetkeysandflags).differs("flags by the command, not by the key"),
        group.row("command|info", -2, about, NONE, "2.8.13", "Get array of specific Redis command details, or all when no argument is given.", ServerCommands::commandInfo),
        group.row("command|list", -2, about, NONE, "7.0.0", "Get an array of Redis command names", ServerCommands::commandList).differs("no FILTERBY"));
  }

  private static void pubSub(List<RedisCommand> all) {
    var group = new Group(all, "pubsub");
    String flags = "pubsub noscript loading stale";
    String here = "among the clients of this server";
    group.add("subscribe", -2, flags, 0, 0, 0, SESSION, "2.0.0", "Listen for messages published to the given channels", PubSub::subscribe);
    group.add("psubscribe", -2, flags, 0, 0, 0, SESSION, "2.0.0", "Listen for messages published to channels matching the given patterns", PubSub::subscribe);
    group.add("ssubscribe", -2, flags, 1, -1, 1, SESSION, "7.0.0", "Listen for messages published to the given shard channels", PubSub::subscribe);
    group.add("unsubscribe", -1, flags, 0, 0, 0, SESSION, "2.0.0", "Stop listening for messages posted to the given channels", PubSub::unsubscribe);
    group.add("punsubscribe", -1, flags, 0, 0, 0, SESSION, "2.0.0", "Stop listening for messages posted to channels matching the given patterns", PubSub::unsubscribe);
    group.add("sunsubscribe", -1, flags, 1, -1, 1, SESSION, "7.0.0", "Stop listening for messages posted to the given shard channels", PubSub::unsubscribe);
    group.add("publish", 3, "pubsub loading stale fast may_replicate", 0, 0, 0, NONE, "2.0.0", "Post a message to a channel", PubSub::publish, here);
    group.add("spublish", 3, "pubsub loading stale fast may_replicate", 1, 1, 1, NONE, "7.0.0", "Post a message to a shard channel", PubSub::publish, here);
    String about = "pubsub loading stale";
    group.add("pubsub", -2, "", 0, 0, 0, NONE, "2.8.0", "A container for Pub/Sub commands", CommandTable::container, "",
        group.row("pubsub|channels", -2, about, NONE, "2.8.0", "List active channels", PubSub::channels),
        group.row("pubsub|help", 2, "loading stale", NONE, "6.2.0", "Show helpful text about the different subcommands", PubSub::help),
        group.row("pubsub|numpat", 2, about, NONE, "2.8.0", "Get the count of unique patterns pattern subscriptions", PubSub::numpat),
        group.row("pubsub|numsub", -2, about, NONE, "2.8.0", "Get the count of subscribers for channels", PubSub::numsub),
        group.row("pubsub|shardchannels", -2, about, NONE, "7.0.0", "List active shard channels", PubSub::channels),
        group.row("pubsub|shardnumsub", -2, about, NONE, "7.0.0", "Get the count of subscribers for shard channels", PubSub::numsub));
  }

  private static void transactions(List<RedisCommand> all) {
    var group = new Group(all, "transactions");
    String flags = "noscript loading stale fast allow_busy";
    group.add("multi", 1, flags + " no_multi", 0, 0, 0, SESSION, "1.2.0", "Mark the start of a transaction block", ConnectionCommands::multi);
    group.add("exec", 1, "noscript loading stale skip_slowlog", 0, 0, 0, ALONE, "1.2.0", "Execute all commands issued after MULTI", ConnectionCommands::exec);
    group.add("discard", 1, flags, 0, 0, 0, SESSION, "2.0.0", "Discard all commands issued after MULTI", ConnectionCommands::discard);
    group.add("watch", -2, flags + " no_multi", 1, -1, 1, ALONE, "2.2.0", "Watch the given keys to determine execution of the MULTI/EXEC block", ConnectionCommands::watch);
    group.add("unwatch", 1, flags, 0, 0, 0, SESSION, "2.2.0", "Forget about all watched keys", ConnectionCommands::unwatch);
  }

  private static void scripting(List<RedisCommand> all) {
    var group = new Group(all, "scripting");
    String run = "noscript skip_monitor no_mandatory_keys movablekeys stale";
    String runReadOnly = "readonly " + run;
    group.add("eval", -3, run, 0, 0, 0, ALONE, "2.6.0", "Execute a Lua script server side", ScriptCommands::eval);
    group.add("evalsha", -3, run, 0, 0, 0, ALONE, "2.6.0", "Execute a Lua script server side", ScriptCommands::evalsha);
    group.add("eval_ro", -3, runReadOnly, 0, 0, 0, ALONE, "7.0.0", "Execute a read-only Lua script server side", ScriptCommands::eval);
    group.add("evalsha_ro", -3, runReadOnly, 0, 0, 0, ALONE, "7.0.0", "Execute a read-only Lua script server side", ScriptCommands::evalsha);
    group.add("fcall", -3, run, 0, 0, 0, ALONE, "7.0.0", "Invoke a function", FunctionCommands::fcall);
    group.add("fcall_ro", -3, runReadOnly, 0, 0, 0, ALONE, "7.0.0", "Invoke a read-only function", FunctionCommands::fcall);
    group.add("script", -2, "", 0, 0, 0, NONE, "2.6.0", "A container for Lua scripts management commands", CommandTable::container, "",
        group.row("script|debug", 3, "noscript", NONE, "3.2.0", "Set the debug mode for executed scripts.", ScriptCommands::debug).differs("NO only"),
        group.row("script|exists", -3, "noscript", READ, "2.6.0", "Check existence of scripts in the script cache.", ScriptCommands::exists),
        group.row("script|flush", -2, "noscript", ALONE, "2.6.0", "Remove all the scripts from the script cache.", ScriptCommands::flush),
        group.row("script|help", 2, "loading stale", NONE, "5.0.0", "Show helpful text about the different subcommands", ScriptCommands::help),
        group.row("script|kill", 2, "noscript allow_busy", NONE, "2.6.0", "Kill the script currently in execution.", ScriptCommands::kill),
        group.row("script|load", 3, "noscript stale", ALONE, "2.6.0", "Load the specified Lua script into the script cache.", ScriptCommands::load));
    group.add("function", -2, "", 0, 0, 0, NONE, "7.0.0", "A container for function commands", CommandTable::container, "",
        group.row("function|delete", 3, "write noscript", ALONE, "7.0.0", "Delete a function by name", FunctionCommands::delete),
        group.row("function|dump", 2, "noscript", ALONE, "7.0.0", "Dump all functions into a serialized binary payload", FunctionCommands::dump),
        group.row("function|flush", -2, "write noscript", ALONE, "7.0.0", "Deleting all functions", FunctionCommands::flush),
        group.row("function|help", 2, "loading stale", NONE, "7.0.0", "Show helpful text about the different subcommands", FunctionCommands::help),
        group.row("function|kill", 2, "noscript allow_busy", NONE, "7.0.0", "Kill the function currently in execution.", FunctionCommands::kill),
        group.row("function|list", -2, "noscript", ALONE, "7.0.0", "List information about all the functions", FunctionCommands::list),
        group.row("function|load", -3, "write denyoom noscript", ALONE, "7.0.0", "Create a function with the given arguments (name, code, description)", FunctionCommands::load),
        group.row("function|restore", -3, "write denyoom noscript", ALONE, "7.0.0", "Restore all the functions on the given payload", FunctionCommands::restore),
        group.row("function|stats", 2, "noscript allow_busy", READ, "7.0.0", "Return information about the function currently running (name, description, duration)", FunctionCommands::stats));
  }

  private static void geo(List<RedisCommand> all) {
    var group = new Group(all, "geo");
    group.add("geoadd", -5, "write denyoom", 1, 1, 1, UPDATE, "3.2.0", "Add one or more geospatial items in the geospatial index represented using a sorted set", GeoCommands::geoadd);
    group.add("geodist", -4, "readonly", 1, 1, 1, READ, "3.2.0", "Returns the distance between two members of a geospatial index", GeoCommands::geodist);
    group.add("geohash", -2, "readonly", 1, 1, 1, READ, "3.2.0", "Returns members of a geospatial index as standard geohash strings", GeoCommands::geohash);
    group.add("geopos", -2, "readonly", 1, 1, 1, READ, "3.2.0", "Returns longitude and latitude of members of a geospatial index", GeoCommands::geopos);
    String older = "write denyoom movablekeys";
    group.add("georadius", -6, older, 1, 1, 1, GeoSearch::access, "3.2.0", "Query a sorted set representing a geospatial index to fetch members matching a given maximum distance from a point", GeoSearch::run);
    group.add("georadiusbymember", -5, older, 1, 1, 1, GeoSearch::access, "3.2.0", "Query a sorted set representing a geospatial index to fetch members matching a given maximum distance from a member", GeoSearch::run);
    group.add("georadius_ro", -6, "readonly", 1, 1, 1, READ, "3.2.10", "A read-only variant for GEORADIUS", GeoSearch::run);
    group.add("georadiusbymember_ro", -5, "readonly", 1, 1, 1, READ, "3.2.10", "A read-only variant for GEORADIUSBYMEMBER", GeoSearch::run);
    group.add("geosearch", -7, "readonly", 1, 1, 1, READ, "6.2.0", "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a circle.", GeoSearch::run);
    group.add("geosearchstore", -8, "write denyoom", 1, 2, 1, SERIAL, "6.2.0", "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a circle, and store the result in another key.", GeoSearch::run);
  }

  private static void streams(List<RedisCommand> all) {
    var group = new Group(all, "stream");
    group.add("xadd", -5, "write denyoom fast", 1, 1, 1, UPDATE, "5.0.0", "Appends a new entry to a stream", StreamCommands::xadd);
    group.add("xtrim", -4, "write", 1, 1, 1, UPDATE, "5.0.0", "Trims the stream to (approximately if '~' is passed) a certain size", StreamCommands::xtrim);
    group.add("xlen", 2, "readonly fast", 1, 1, 1, READ, "5.0.0", "Return the number of entries in a stream", StreamCommands::xlen);
    group.add("xdel", -3, "write fast", 1, 1, 1, UPDATE, "5.0.0", "Removes the specified entries from the stream. Returns the number of items actually deleted, that may be different from the number of IDs passed in case certain IDs do not exist.", StreamCommands::xdel);
    group.add("xrange", -4, "readonly", 1, 1, 1, READ, "5.0.0", "Return a range of elements in a stream, with IDs matching the specified IDs interval", StreamCommands::xrange);
    group.add("xrevrange", -4, "readonly", 1, 1, 1, READ, "5.0.0", "Return a range of elements in a stream, with IDs matching the specified IDs interval, in reverse order (from greater to smaller IDs) compared to XRANGE", StreamCommands::xrange);
    group.add("xsetid", -3, "write denyoom fast", 1, 1, 1, UPDATE, "5.0.0", "An internal command for replicating stream values", StreamCommands::xsetid);
    group.add("xread", -4, "readonly blocking movablekeys", 0, 0, 0, StreamReads::access, "5.0.0", "Return never seen elements in multiple streams, with IDs greater than the ones reported by the caller for each stream. Can block.", StreamReads::read);
    group.add("xreadgroup", -7, "write blocking movablekeys", 0, 0, 0, UPDATE, "5.0.0", "Return new entries from a stream using a consumer group, or access the history of the pending entries for a given consumer. Can block.", StreamReads::read);
    group.add("xack", -4, "write fast", 1, 1, 1, UPDATE, "5.0.0", "Marks a pending message as correctly processed, effectively removing it from the pending entries list of the consumer group. Return value of the command is the number of messages successfully acknowledged, that is, the IDs we were actually able to resolve in the PEL.", StreamGroups::xack);
    group.add("xpending", -3, "readonly", 1, 1, 1, READ, "5.0.0", "Return information and entries from a stream consumer group pending entries list, that are messages fetched but never acknowledged.", StreamGroups::xpending);
    group.add("xclaim", -6, "write fast", 1, 1, 1, UPDATE, "5.0.0", "Changes (or acquires) ownership of a message in a consumer group, as if the message was delivered to the specified consumer.", StreamGroups::xclaim);
    group.add("xautoclaim", -6, "write fast", 1, 1, 1, UPDATE, "6.2.0", "Changes (or acquires) ownership of messages in a consumer group, as if the messages were delivered to the specified consumer.", StreamGroups::xautoclaim);
    group.add("xgroup", -2, "", 0, 0, 0, NONE, "5.0.0", "A container for consumer groups commands", CommandTable::container, "",
        group.row("xgroup|create", -5, "write denyoom", UPDATE, "5.0.0", "Create a consumer group.", StreamGroups::create),
        group.row("xgroup|createconsumer", 5, "write denyoom", UPDATE, "6.2.0", "Create a consumer in a consumer group.", StreamGroups::createconsumer),
        group.row("xgroup|delconsumer", 5, "write", UPDATE, "5.0.0", "Delete a consumer from a consumer group.", StreamGroups::delconsumer),
        group.row("xgroup|destroy", 4, "write", UPDATE, "5.0.0", "Destroy a consumer group.", StreamGroups::destroy),
        group.row("xgroup|help", 2, "loading stale", NONE, "5.0.0", "Show helpful text about the different subcommands", StreamGroups::help),
        group.row("xgroup|setid", -5, "write", UPDATE, "5.0.0", "Set a consumer group to an arbitrary last delivered ID value.", StreamGroups::setid));
    group.add("xinfo", -2, "", 0, 0, 0, NONE, "5.0.0", "A container for stream introspection commands", CommandTable::container, "",
        group.row("xinfo|consumers", 4, "readonly", READ, "5.0.0", "List the consumers in a consumer group", StreamInfo::consumers),
        group.row("xinfo|groups", 3, "readonly", READ, "5.0.0", "List the consumer groups of a stream", StreamInfo::groups),
        group.row("xinfo|help", 2, "loading stale", NONE, "5.0.0", "Show helpful text about the different subcommands", StreamInfo::help),
        group.row("xinfo|stream", -3, "readonly", READ, "5.0.0", "Get information about a stream", StreamInfo::about).differs("radix-tree-keys and -nodes are what Redis would need at 100 entries each"));
  }

  private static void hyperLogLogs(List<RedisCommand> all) {
    var group = new Group(all, "hyperloglog");
    group.add("pfadd", -2, "write denyoom fast", 1, 1, 1, UPDATE, "2.8.9", "Adds the specified elements to the specified HyperLogLog.", HyperLogLogCommands::pfadd);
    group.add("pfcount", -2, "readonly may_replicate", 1, -1, 1, HyperLogLogCommands::countAccess, "2.8.9", "Return the approximated cardinality of the set(s) observed by the HyperLogLog at key(s).", HyperLogLogCommands::pfcount);
    group.add("pfmerge", -2, "write denyoom", 1, -1, 1, SERIAL, "2.8.9", "Merge N different HyperLogLogs into a single one.", HyperLogLogCommands::pfmerge);
    group.add("pfdebug", 3, "write denyoom admin", 2, 2, 1, UPDATE, "2.8.9", "Internal commands for debugging HyperLogLog values", HyperLogLogCommands::pfdebug);
    group.add("pfselftest", 1, "admin", 0, 0, 0, NONE, "2.8.9", "An internal command for testing HyperLogLog values", HyperLogLogCommands::pfselftest);
  }

  private static void bitmaps(List<RedisCommand> all) {
    var group = new Group(all, "bitmap");
    group.add("setbit", 4, "write denyoom", 1, 1, 1, UPDATE, "2.2.0", "Sets or clears the bit at offset in the string value stored at key", BitCommands::setbit);
    group.add("getbit", 3, "readonly fast", 1, 1, 1, READ, "2.2.0", "Returns the bit value at offset in the string value stored at key", BitCommands::getbit);
    group.add("bitcount", -2, "readonly", 1, 1, 1, READ, "2.6.0", "Count set bits in a string", BitCommands::bitcount);
    group.add("bitpos", -3, "readonly", 1, 1, 1, READ, "2.8.7", "Find first bit set or clear in a string", BitCommands::bitpos);
    group.add("bitop", -4, "write denyoom", 2, -1, 1, SERIAL, "2.6.0", "Perform bitwise operations between strings", BitCommands::bitop);
    group.add("bitfield", -2, "write denyoom", 1, 1, 1, UPDATE, "3.2.0", "Perform arbitrary bitfield integer operations on strings", BitField::bitfield);
    group.add("bitfield_ro", -2, "readonly fast", 1, 1, 1, READ, "6.0.0", "Perform arbitrary bitfield integer operations on strings. Read-only variant of BITFIELD", BitField::bitfield);
  }

  private static void generic(List<RedisCommand> all) {
    var group = new Group(all, "generic");
    group.add("del", -2, "write", 1, -1, 1, UPDATE, "1.0.0", "Delete a key", KeyCommands::del);
    group.add("unlink", -2, "write fast", 1, -1, 1, UPDATE, "4.0.0", "Delete a key asynchronously in another thread. Otherwise it is just as DEL, but non blocking.", KeyCommands::del);
    group.add("exists", -2, "readonly fast", 1, -1, 1, READ, "1.0.0", "Determine if a key exists", KeyCommands::exists);
    group.add("touch", -2, "readonly fast", 1, -1, 1, READ, "3.2.1", "Alters the last access time of a key(s). Returns the number of existing keys specified.", KeyCommands::exists);
    group.add("expire", -3, "write fast", 1, 1, 1, UPDATE, "1.0.0", "Set a key's time to live in seconds", KeyCommands::expire);
    group.add("pexpire", -3, "write fast", 1, 1, 1, UPDATE, "2.6.0", "Set a key's time to live in milliseconds", KeyCommands::pexpire);
    group.add("expireat", -3, "write fast", 1, 1, 1, UPDATE, "1.2.0", "Set the expiration for a key as a UNIX timestamp", KeyCommands::expireat);
    group.add("pexpireat", -3, "write fast", 1, 1, 1, UPDATE, "2.6.0", "Set the expiration for a key as a UNIX timestamp specified in milliseconds", KeyCommands::pexpireat);
    group.add("ttl", 2, "readonly fast", 1, 1, 1, READ, "1.0.0", "Get the time to live for a key in seconds", KeyCommands::ttl);
    group.add("pttl", 2, "readonly fast", 1, 1, 1, READ, "2.6.0", "Get the time to live for a key in milliseconds", KeyCommands::pttl);
    group.add("expiretime", 2, "readonly fast", 1, 1, 1, READ, "7.0.0", "Get the expiration Unix timestamp for a key", KeyCommands::expiretime);
    group.add("pexpiretime", 2, "readonly fast", 1, 1, 1, READ, "7.0.0", "Get the expiration Unix timestamp for a key in milliseconds", KeyCommands::pexpiretime);
    group.add("persist", 2, "write fast", 1, 1, 1, UPDATE, "2.2.0", "Remove the expiration from a key", KeyCommands::persist);
    group.add("type", 2, "readonly fast", 1, 1, 1, READ, "1.0.0", "Determine the type stored at key", KeyCommands::type);
    group.add("rename", 3, "write", 1, 2, 1, UPDATE, "1.0.0", "Rename a key", KeyCommands::rename);
    group.add("renamenx", 3, "write fast", 1, 2, 1, UPDATE, "1.0.0", "Rename a key, only if the new key does not exist", KeyCommands::renamenx);
    group.add("copy", -3, "write denyoom", 1, 2, 1, SERIAL, "6.2.0", "Copy a key", KeyCommands::copy);
    group.add("move", 3, "write fast", 1, 1, 1, UPDATE, "1.0.0", "Move a key to another database", KeyCommands::move);
    group.add("dump", 2, "readonly", 1, 1, 1, READ, "2.6.0", "Return a serialized version of the value stored at the specified key.", DumpCommands::dump, "plain encodings, not compressed");
    group.add("restore", -4, "write denyoom", 1, 1, 1, UPDATE, "2.6.0", "Create a key using the provided serialized value, previously obtained using DUMP.", DumpCommands::restore, "IDLETIME and FREQ are checked and not kept");
    group.add("sort", -2, "write denyoom movablekeys", 1, 1, 1, SortCommand::access, "1.0.0", "Sort the elements in a list, set or sorted set", SortCommand::sort);
    group.add("sort_ro", -2, "readonly movablekeys", 1, 1, 1, READ, "7.0.0", "Sort the elements in a list, set or sorted set. Read-only variant of SORT.", SortCommand::sort);
    group.add("randomkey", 1, "readonly", 0, 0, 0, READ, "1.0.0", "Return a random key from the keyspace", KeyCommands::randomkey, "not every key is equally likely");
    group.add("scan", -2, "readonly", 0, 0, 0, READ, "2.8.0", "Incrementally iterate the keys space", KeyCommands::scan, "in key order; a cursor long unused is refused as invalid");
    group.add("keys", 2, "readonly", 0, 0, 0, READ, "1.0.0", "Find all keys matching the given pattern", KeyCommands::keys);
    group.add("object", -2, "", 0, 0, 0, NONE, "2.2.3", "A container for object introspection commands", CommandTable::container, "only the subcommands listed",
        group.row("object|encoding", 3, "readonly", READ, "2.2.3", "Inspect the internal encoding of a Redis object", ObjectCommands::encoding).differs("what Redis would choose, by type, lengths and CONFIG"),
        group.row("object|freq", 3, "readonly", READ, "4.0.0", "Get the logarithmic access frequency counter of a Redis object", ObjectCommands::freq).differs("always 0"),
        group.row("object|help", 2, "loading stale", NONE, "6.2.0", "Show helpful text about the different subcommands", ObjectCommands::help),
        group.row("object|idletime", 3, "readonly", READ, "2.2.3", "Get the time since a Redis object was last accessed", ObjectCommands::idletime).differs("since it was last written"),
        group.row("object|refcount", 3, "readonly", READ, "2.2.3", "Get the number of references to the value of the key", ObjectCommands::refcount));
  }

  private static void strings(List<RedisCommand> all) {
    var group = new Group(all, "string");
    String write = "write denyoom";
    String quick = "write denyoom fast";
    group.add("get", 2, "readonly fast", 1, 1, 1, READ, "1.0.0", "Get the value of a key", StringCommands::get);
    group.add("set", -3, write, 1, 1, 1, StringCommands::setAccess, "1.0.0", "Set the string value of a key", StringCommands::set);
    group.add("setnx", 3, quick, 1, 1, 1, UPDATE, "1.0.0", "Set the value of a key, only if the key does not exist", StringCommands::setnx);
    group.add("setex", 4, write, 1, 1, 1, BLIND, "2.0.0", "Set the value and expiration of a key", StringCommands::setex);
    group.add("psetex", 4, write, 1, 1, 1, BLIND, "2.6.0", "Set the value and expiration in milliseconds of a key", StringCommands::setex);
    group.add("getset", 3, quick, 1, 1, 1, UPDATE, "1.0.0", "Set the string value of a key and return its old value", StringCommands::getset);
    group.add("getdel", 2, "write fast", 1, 1, 1, UPDATE, "6.2.0", "Get the value of a key and delete the key", StringCommands::getdel);
    group.add("getex", -2, "write fast", 1, 1, 1, StringCommands::getexAccess, "6.2.0", "Get the value of a key and optionally set its expiration", StringCommands::getex);
    group.add("append", 3, quick, 1, 1, 1, UPDATE, "2.0.0", "Append a value to a key", StringCommands::append);
    group.add("strlen", 2, "readonly fast", 1, 1, 1, READ, "2.2.0", "Get the length of the value stored in a key", StringCommands::strlen);
    group.add("getrange", 4, "readonly", 1, 1, 1, READ, "2.4.0", "Get a substring of the string stored at a key", StringCommands::getrange);
    group.add("substr", 4, "readonly", 1, 1, 1, READ, "1.0.0", "Get a substring of the string stored at a key", StringCommands::getrange);
    group.add("setrange", 4, write, 1, 1, 1, UPDATE, "2.2.0", "Overwrite part of a string at key starting at the specified offset", StringCommands::setrange);
    group.add("mget", -2, "readonly fast", 1, -1, 1, READ, "1.0.0", "Get the values of all the given keys", StringCommands::mget);
    group.add("mset", -3, write, 1, -1, 2, BLIND, "1.0.1", "Set multiple keys to multiple values", StringCommands::mset);
    group.add("msetnx", -3, write, 1, -1, 2, UPDATE, "1.0.1", "Set multiple keys to multiple values, only if none of the keys exist", StringCommands::msetnx);
    group.add("incr", 2, quick, 1, 1, 1, UPDATE, "1.0.0", "Increment the integer value of a key by one", StringCommands::incr);
    group.add("decr", 2, quick, 1, 1, 1, UPDATE, "1.0.0", "Decrement the integer value of a key by one", StringCommands::decr);
    group.add("incrby", 3, quick, 1, 1, 1, UPDATE, "1.0.0", "Increment the integer value of a key by the given amount", StringCommands::incrby);
    group.add("decrby", 3, quick, 1, 1, 1, UPDATE, "1.0.0", "Decrement the integer value of a key by the given number", StringCommands::decrby);
    group.add("incrbyfloat", 3, quick, 1, 1, 1, UPDATE, "2.6.0", "Increment the float value of a key by the given amount", StringCommands::incrbyfloat, "computes in decimal, not in 80-bit binary");
    group.add("lcs", -3, "readonly", 1, 2, 1, READ, "7.0.0", "Find longest common substring", LongestCommon::lcs);
  }

  private static void hashes(List<RedisCommand> all) {
    var group = new Group(all, "hash");
    String quick = "write denyoom fast";
    group.add("hset", -4, quick, 1, 1, 1, UPDATE, "2.0.0", "Set the string value of a hash field", HashCommands::hset);
    group.add("hmset", -4, quick, 1, 1, 1, UPDATE, "2.0.0", "Set multiple hash fields to multiple values", HashCommands::hset);
    group.add("hsetnx", 4, quick, 1, 1, 1, UPDATE, "2.0.0", "Set the value of a hash field, only if the field does not exist", HashCommands::hsetnx);
    group.add("hget", 3, "readonly fast", 1, 1, 1, READ, "2.0.0", "Get the value of a hash field", HashCommands::hget);
    group.add("hmget", -3, "readonly fast", 1, 1, 1, READ, "2.0.0", "Get the values of all the given hash fields", HashCommands::hmget);
    group.add("hdel", -3, "write fast", 1, 1, 1, UPDATE, "2.0.0", "Delete one or more hash fields", HashCommands::hdel);
    group.add("hlen", 2, "readonly fast", 1, 1, 1, READ, "2.0.0", "Get the number of fields in a hash", HashCommands::hlen);
    group.add("hstrlen", 3, "readonly fast", 1, 1, 1, READ, "3.2.0", "Get the length of the value of a hash field", HashCommands::hstrlen);
    group.add("hexists", 3, "readonly fast", 1, 1, 1, READ, "2.0.0", "Determine if a hash field exists", HashCommands::hexists);
    group.add("hgetall", 2, "readonly", 1, 1, 1, READ, "2.0.0", "Get all the fields and values in a hash", HashCommands::hgetall, IN_ORDER);
    group.add("hkeys", 2, "readonly", 1, 1, 1, READ, "2.0.0", "Get all the fields in a hash", HashCommands::hkeys, IN_ORDER);
    group.add("hvals", 2, "readonly", 1, 1, 1, READ, "2.0.0", "Get all the values in a hash", HashCommands::hvals, IN_ORDER);
    group.add("hincrby", 4, quick, 1, 1, 1, UPDATE, "2.0.0", "Increment the integer value of a hash field by the given number", HashCommands::hincrby);
    group.add("hincrbyfloat", 4, quick, 1, 1, 1, UPDATE, "2.6.0", "Increment the float value of a hash field by the given amount", HashCommands::hincrbyfloat, "computes in decimal");
    group.add("hrandfield", -2, "readonly", 1, 1, 1, READ, "6.2.0", "Get one or multiple random fields from a hash", HashCommands::hrandfield);
    group.add("hscan", -3, "readonly", 1, 1, 1, READ, "2.0.0", "Incrementally iterate hash fields and associated values", HashCommands::hscan, IN_ORDER);
  }

  private static void sets(List<RedisCommand> all) {
    var group = new Group(all, "set");
    group.add("sadd", -3, "write denyoom fast", 1, 1, 1, UPDATE, "1.0.0", "Add one or more members to a set", SetCommands::sadd);
    group.add("srem", -3, "write fast", 1, 1, 1, UPDATE, "1.0.0", "Remove one or more members from a set", SetCommands::srem);
    group.add("sismember", 3, "readonly fast", 1, 1, 1, READ, "1.0.0", "Determine if a given value is a member of a set", SetCommands::sismember);
    group.add("smismember", -3, "readonly fast", 1, 1, 1, READ, "6.2.0", "Returns the membership associated with the given elements for a set", SetCommands::smismember);
    group.add("scard", 2, "readonly fast", 1, 1, 1, READ, "1.0.0", "Get the number of members in a set", SetCommands::scard);
    group.add("smembers", 2, "readonly", 1, 1, 1, READ, "1.0.0", "Get all the members in a set", SetCommands::smembers, IN_ORDER);
    group.add("smove", 4, "write fast", 1, 2, 1, UPDATE, "1.0.0", "Move a member from one set to another", SetCommands::smove);
    group.add("spop", -2, "write fast", 1, 1, 1, UPDATE, "1.0.0", "Remove and return one or multiple random members from a set", SetCommands::spop, "reads the whole set");
    group.add("srandmember", -2, "readonly", 1, 1, 1, READ, "1.0.0", "Get one or multiple random members from a set", SetCommands::srandmember, "reads the whole set");
    group.add("sinter", -2, "readonly", 1, -1, 1, READ, "1.0.0", "Intersect multiple sets", SetCommands::sinter, IN_ORDER);
    group.add("sunion", -2, "readonly", 1, -1, 1, READ, "1.0.0", "Add multiple sets", SetCommands::sunion, IN_ORDER);
    group.add("sdiff", -2, "readonly", 1, -1, 1, READ, "1.0.0", "Subtract multiple sets", SetCommands::sdiff, IN_ORDER);
    group.add("sinterstore", -3, "write denyoom", 1, -1, 1, SERIAL, "1.0.0", "Intersect multiple sets and store the resulting set in a key", SetCommands::sinterstore);
    group.add("sunionstore", -3, "write denyoom", 1, -1, 1, SERIAL, "1.0.0", "Add multiple sets and store the resulting set in a key", SetCommands::sunionstore);
    group.add("sdiffstore", -3, "write denyoom", 1, -1, 1, SERIAL, "1.0.0", "Subtract multiple sets and store the resulting set in a key", SetCommands::sdiffstore);
    group.add("sintercard", -3, "readonly movablekeys", 0, 0, 0, READ, "7.0.0", "Intersect multiple sets and return the cardinality of the result", SetCommands::sintercard);
    group.add("sscan", -3, "readonly", 1, 1, 1, READ, "2.8.0", "Incrementally iterate Set elements", SetCommands::sscan, IN_ORDER);
  }

  private static void lists(List<RedisCommand> all) {
    var group = new Group(all, "list");
    String quick = "write denyoom fast";
    group.add("lpush", -3, quick, 1, 1, 1, UPDATE, "1.0.0", "Prepend one or multiple elements to a list", ListCommands::push);
    group.add("rpush", -3, quick, 1, 1, 1, UPDATE, "1.0.0", "Append one or multiple elements to a list", ListCommands::push);
    group.add("lpushx", -3, quick, 1, 1, 1, UPDATE, "2.2.0", "Prepend an element to a list, only if the list exists", ListCommands::push);
    group.add("rpushx", -3, quick, 1, 1, 1, UPDATE, "2.2.0", "Append an element to a list, only if the list exists", ListCommands::push);
    group.add("lpop", -2, "write fast", 1, 1, 1, UPDATE, "1.0.0", "Remove and get the first elements in a list", ListCommands::pop);
    group.add("rpop", -2, "write fast", 1, 1, 1, UPDATE, "1.0.0", "Remove and get the last elements in a list", ListCommands::pop);
    group.add("llen", 2, "readonly fast", 1, 1, 1, READ, "1.0.0", "Get the length of a list", ListCommands::llen);
    group.add("lindex", 3, "readonly", 1, 1, 1, READ, "1.0.0", "Get an element from a list by its index", ListCommands::lindex);
    group.add("lset", 4, "write denyoom", 1, 1, 1, UPDATE, "1.0.0", "Set the value of an element in a list by its index", ListCommands::lset);
    group.add("lrange", 4, "readonly", 1, 1, 1, READ, "1.0.0", "Get a range of elements from a list", ListCommands::lrange);
    group.add("ltrim", 4, "write", 1, 1, 1, UPDATE, "1.0.0", "Trim a list to the specified range", ListCommands::ltrim);
    group.add("linsert", 5, "write denyoom", 1, 1, 1, UPDATE, "2.2.0", "Insert an element before or after another element in a list", ListCommands::linsert);
    group.add("lrem", 4, "write", 1, 1, 1, UPDATE, "1.0.0", "Remove elements from a list", ListCommands::lrem);
    group.add("rpoplpush", 3, "write denyoom", 1, 2, 1, UPDATE, "1.2.0", "Remove the last element in a list, prepend it to another list and return it", ListCommands::rpoplpush);
    group.add("lmove", 5, "write denyoom", 1, 2, 1, UPDATE, "6.2.0", "Pop an element from a list, push it to another list and return it", ListCommands::lmove);
    group.add("lpos", -3, "readonly", 1, 1, 1, READ, "6.0.6", "Return the index of matching elements on a list", ListCommands::lpos);
    String blocking = "write noscript blocking";
    group.add("blpop", -3, blocking, 1, -2, 1, UPDATE, "2.0.0", "Remove and get the first element in a list, or block until one is available", BlockingCommands::pop);
    group.add("brpop", -3, blocking, 1, -2, 1, UPDATE, "2.0.0", "Remove and get the last element in a list, or block until one is available", BlockingCommands::pop);
    group.add("blmove", 6, "write denyoom noscript blocking", 1, 2, 1, SERIAL, "6.2.0", "Pop an element from a list, push it to another list and return it; or block until one is available", BlockingCommands::blmove);
    group.add("brpoplpush", 4, "write denyoom noscript blocking", 1, 2, 1, SERIAL, "2.2.0", "Pop an element from a list, push it to another list and return it; or block until one is available", BlockingCommands::brpoplpush);
    group.add("blmpop", -5, "write blocking movablekeys", 0, 0, 0, SERIAL, "7.0.0", "Pop elements from a list, or block until one is available", BlockingCommands::blmpop);
    group.add("lmpop", -4, "write movablekeys", 0, 0, 0, SERIAL, "7.0.0", "Pop elements from a list", ListCommands::lmpop);
  }

  private static void sortedSets(List<RedisCommand> all) {
    var group = new Group(all, "sorted-set");
    group.add("zadd", -4, "write denyoom fast", 1, 1, 1, UPDATE, "1.2.0", "Add one or more members to a sorted set, or update its score if it already exists", SortedSetCommands::zadd, "a score of minus zero is kept as zero");
    group.add("zincrby", 4, "write denyoom fast", 1, 1, 1, UPDATE, "1.2.0", "Increment the score of a member in a sorted set", SortedSetCommands::zincrby);
    group.add("zrem", -3, "write fast", 1, 1, 1, UPDATE, "1.2.0", "Remove one or more members from a sorted set", SortedSetCommands::zrem);
    group.add("zremrangebyrank", 4, "write", 1, 1, 1, UPDATE, "2.0.0", "Remove all members in a sorted set within the given indexes", SortedSetCommands::zremrangebyrank, COUNTS);
    group.add("zremrangebyscore", 4, "write", 1, 1, 1, UPDATE, "1.2.0", "Remove all members in a sorted set within the given scores", SortedSetCommands::zremrangebyscore);
    group.add("zremrangebylex", 4, "write", 1, 1, 1, UPDATE, "2.8.9", "Remove all members in a sorted set between the given lexicographical range", SortedSetCommands::zremrangebylex, LEX);
    group.add("zpopmin", -2, "write fast", 1, 1, 1, UPDATE, "5.0.0", "Remove and return members with the lowest scores in a sorted set", SortedSetCommands::zpop);
    group.add("zpopmax", -2, "write fast", 1, 1, 1, UPDATE, "5.0.0", "Remove and return members with the highest scores in a sorted set", SortedSetCommands::zpop);
    group.add("zscore", 3, "readonly fast", 1, 1, 1, READ, "1.2.0", "Get the score associated with the given member in a sorted set", SortedSetCommands::zscore);
    group.add("zmscore", -3, "readonly fast", 1, 1, 1, READ, "6.2.0", "Get the score associated with the given members in a sorted set", SortedSetCommands::zmscore);
    group.add("zcard", 2, "readonly fast", 1, 1, 1, READ, "1.2.0", "Get the number of members in a sorted set", SortedSetCommands::zcard);
    group.add("zcount", 4, "readonly fast", 1, 1, 1, READ, "2.0.0", "Count the members in a sorted set with scores within the given values", SortedSetCommands::zcount, COUNTS);
    group.add("zlexcount", 4, "readonly fast", 1, 1, 1, READ, "2.8.9", "Count the number of members in a sorted set between a given lexicographical range", SortedSetCommands::zlexcount, LEX);
    group.add("zrank", 3, "readonly fast", 1, 1, 1, READ, "2.0.0", "Determine the index of a member in a sorted set", SortedSetCommands::zrank, COUNTS);
    group.add("zrevrank", 3, "readonly fast", 1, 1, 1, READ, "2.0.0", "Determine the index of a member in a sorted set, with scores ordered from high to low", SortedSetCommands::zrank, COUNTS);
    group.add("zrandmember", -2, "readonly", 1, 1, 1, READ, "6.2.0", "Get one or multiple random elements from a sorted set", SortedSetCommands::zrandmember, "reads the whole set");
    group.add("zscan", -3, "readonly", 1, 1, 1, READ, "2.8.0", "Incrementally iterate sorted sets elements and associated scores", SortedSetCommands::zscan);
    group.add("zrange", -4, "readonly", 1, 1, 1, READ, "1.2.0", "Return a range of members in a sorted set", SortedSetRanges::zrange, LEX);
    group.add("zrevrange", -4, "readonly", 1, 1, 1, READ, "1.2.0", "Return a range of members in a sorted set, by index, with scores ordered from high to low", SortedSetRanges::zrevrange, COUNTS);
    group.add("zrangebyscore", -4, "readonly", 1, 1, 1, READ, "1.0.5", "Return a range of members in a sorted set, by score", SortedSetRanges::zrangebyscore);
    group.add("zrevrangebyscore", -4, "readonly", 1, 1, 1, READ, "2.2.0", "Return a range of members in a sorted set, by score, with scores ordered from high to low", SortedSetRanges::zrevrangebyscore);
    group.add("zrangebylex", -4, "readonly", 1, 1, 1, READ, "2.8.9", "Return a range of members in a sorted set, by lexicographical range", SortedSetRanges::zrangebylex, LEX);
    group.add("zrevrangebylex", -4, "readonly", 1, 1, 1, READ, "2.8.9", "Return a range of members in a sorted set, by lexicographical range, ordered from higher to lower strings.", SortedSetRanges::zrevrangebylex, LEX);
    group.add("zrangestore", -5, "write denyoom", 1, 2, 1, SERIAL, "6.2.0", "Store a range of members from sorted set into another key", SortedSetRanges::zrangestore, LEX);
    group.add("zmpop", -4, "write movablekeys", 0, 0, 0, SERIAL, "7.0.0", "Remove and return members with scores in a sorted set", SortedSetCommands::zmpop);
    group.add("bzpopmin", -3, "write noscript fast blocking", 1, -2, 1, SERIAL, "5.0.0", "Remove and return the member with the lowest score from one or more sorted sets, or block until one is available", BlockingCommands::zpop);
    group.add("bzpopmax", -3, "write noscript fast blocking", 1, -2, 1, SERIAL, "5.0.0", "Remove and return the member with the highest score from one or more sorted sets, or block until one is available", BlockingCommands::zpop);
    group.add("bzmpop", -5, "write blocking movablekeys", 0, 0, 0, SERIAL, "7.0.0", "Remove and return members with scores in a sorted set or block until one is available", BlockingCommands::bzmpop);
    group.add("zunion", -3, "readonly movablekeys", 0, 0, 0, READ, "6.2.0", "Add multiple sorted sets", SortedSetAlgebra::zunion);
    group.add("zinter", -3, "readonly movablekeys", 0, 0, 0, READ, "6.2.0", "Intersect multiple sorted sets", SortedSetAlgebra::zinter);
    group.add("zdiff", -3, "readonly movablekeys", 0, 0, 0, READ, "6.2.0", "Subtract multiple sorted sets", SortedSetAlgebra::zdiff);
    group.add("zintercard", -3, "readonly movablekeys", 0, 0, 0, READ, "7.0.0", "Intersect multiple sorted sets and return the cardinality of the result", SortedSetAlgebra::zintercard);
    group.add("zunionstore", -4, "write denyoom movablekeys", 1, 1, 1, SERIAL, "2.0.0", "Add multiple sorted sets and store the resulting sorted set in a new key", SortedSetAlgebra::zunionstore);
    group.add("zinterstore", -4, "write denyoom movablekeys", 1, 1, 1, SERIAL, "2.0.0", "Intersect multiple sorted sets and store the resulting sorted set in a new key", SortedSetAlgebra::zinterstore);
    group.add("zdiffstore", -4, "write denyoom movablekeys", 1, 1, 1, SERIAL, "6.2.0", "Subtract multiple sorted sets and store the resulting sorted set in a new key", SortedSetAlgebra::zdiffstore);
  }

  /** A container called without a subcommand never gets here: its arity is -2. */
  private static void container(Call call) {
    throw RedisError.SYNTAX;
  }

  private static void noCluster(Call call) {
    throw new RedisError("ERR This instance has cluster support disabled");
  }

  /** Rows of one group, added to the table. */
  private record Group(List<RedisCommand> table, String name) {
    void add(String command, int arity, String flags, int first, int last, int step, Access access, String since, String summary, Handler handler) {
      add(command, arity, flags, first, last, step, access, since, summary, handler, "");
    }

    void add(String command, int arity, String flags, int first, int last, int step, Access access, String since, String summary, Handler handler, String differs,
        RedisCommand... children) {
      table.add(new RedisCommand(command, arity, flags, first, last, step, name, since, summary, args -> access, handler, differs, List.of(children)));
    }

    void add(String command, int arity, String flags, int first, int last, int step, Function<byte[][], Access> access, String since, String summary, Handler handler) {
      table.add(new RedisCommand(command, arity, flags, first, last, step, name, since, summary, access, handler, "", List.of()));
    }

    RedisCommand row(String command, int arity, String flags, Access access, String since, String summary, Handler handler) {
      boolean keyed = !command.endsWith("|help") && (command.startsWith("object|") || command.equals("memory|usage") || command.startsWith("xgroup|") || command.startsWith("xinfo|"));
      return new RedisCommand(command, arity, flags, keyed ? 2 : 0, keyed ? 2 : 0, keyed ? 1 : 0, name, since, summary, args -> access, handler, "", List.of());
    }
  }

  /** An open-addressed table by name, so that a lookup makes no string. */
  private static RedisCommand[] slots() {
    var slots = new RedisCommand[Integer.highestOneBit(ALL.size()) * 4];
    for (RedisCommand command : ALL) {
      int slot = hash(command.name().getBytes(StandardCharsets.ISO_8859_1)) & slots.length - 1;
      while (slots[slot] != null) slot = slot + 1 & slots.length - 1;
      slots[slot] = command;
    }
    return slots;
  }

  private static int hash(byte[] name) {
    int hash = 0;
    for (byte b : name) hash = hash * 31 + (b | 0x20);
    return hash ^ hash >>> 9;
  }

  /** The command of this name in any case, or null; a subcommand is not found here. */
  static @Nullable RedisCommand find(byte[] name) {
    for (int slot = hash(name) & SLOTS.length - 1; SLOTS[slot] != null; slot = slot + 1 & SLOTS.length - 1) {
      if (same(name, 0, SLOTS[slot].name(), 0)) return SLOTS[slot];
    }
    return null;
  }

  static @Nullable RedisCommand child(RedisCommand container, byte[] name) {
    for (RedisCommand child : container.subcommands()) if (same(name, 0, child.name(), container.name().length() + 1)) return child;
    return null;
  }

  /** By its full name, {@code client|id} included. */
  static @Nullable RedisCommand named(String name) {
    int bar = name.indexOf('|');
    RedisCommand command = find((bar < 0 ? name : name.substring(0, bar)).getBytes(StandardCharsets.UTF_8));
    return command == null || bar < 0 ? command : child(command, name.substring(bar + 1).toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8));
  }

  private static boolean same(byte[] name, int from, String lowerCase, int lowerFrom) {
    if (name.length - from != lowerCase.length() - lowerFrom) return false;
    for (int i = 0; from + i < name.length; i++) {
      int b = name[from + i];
      if ((b >= 'A' && b <= 'Z' ? b + 32 : b) != lowerCase.charAt(lowerFrom + i)) return false;
    }
    return true;
  }
}
