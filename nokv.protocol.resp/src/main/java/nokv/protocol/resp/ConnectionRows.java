package nokv.protocol.resp;

import static nokv.protocol.resp.Access.ALONE;
import static nokv.protocol.resp.Access.NONE;
import static nokv.protocol.resp.Access.SESSION;

import java.util.List;

/** Commands on connections: what one has chosen, MULTI and what belongs to it, and pub/sub. */
final class ConnectionRows {
  private ConnectionRows() {}

  static void addTo(List<RedisCommand> all) {
    connection(all);
    transactions(all);
    pubSub(all);
  }

  private static void connection(List<RedisCommand> all) {
    var rows = new Rows(all, "connection");
    String quick = "noscript loading stale fast";
    rows.add("ping", -1, "fast", "", NONE, "1.0.0", "Ping the server", ConnectionCommands::ping);
    rows.add("echo", 2, "loading stale fast", "", NONE, "1.0.0", "Echo the given string", ConnectionCommands::echo);
    rows.add("quit", -1, quick + " allow_busy no_auth immediate", "", SESSION, "1.0.0", "Close the connection", ConnectionCommands::quit);
    rows.add("reset", 1, quick + " allow_busy no_auth immediate", "", SESSION, "6.2.0", "Reset the connection", ConnectionCommands::reset);
    rows.add("select", 2, "loading stale fast", "", SESSION, "1.0.0", "Change the selected database for the current connection", ConnectionCommands::select);
    rows.add("auth", -2, quick + " allow_busy no_auth", "", SESSION, "1.0.0", "Authenticate to the server", ConnectionCommands::auth);
    rows.add("hello", -1, quick + " allow_busy no_auth", "", SESSION, "6.0.0", "Handshake with Redis", ConnectionCommands::hello);
    String client = "noscript loading stale";
    rows.add("client", -2, "", "", NONE, "2.4.0", "A container for client connection commands", Rows::container, "only the subcommands listed",
        rows.row("client|getname", 2, client, SESSION, "2.6.9", "Get the current connection name", ConnectionCommands::clientGetname),
        rows.row("client|id", 2, client, SESSION, "5.0.0", "Returns the client ID for the current connection", ConnectionCommands::clientId),
        rows.row("client|info", 2, client, SESSION, "6.2.0", "Returns information about the current client connection.", ConnectionCommands::clientInfo),
        rows.row("client|help", 2, "loading stale", NONE, "5.0.0", "Show helpful text about the different subcommands", ClientCommands::help),
        rows.row("client|kill", -3, "admin " + client, SESSION, "2.4.0", "Kill the connection of a client", ClientCommands::kill),
        rows.row("client|list", -2, "admin " + client, SESSION, "2.4.0", "Get the list of client connections", ClientCommands::list),
        rows.row("client|pause", -3, "admin " + client, SESSION, "2.9.50", "Stop processing commands from clients for some time", Pause::pause).differs("what only concerns the connection goes on; functions of a library that was not used since the start count as writing"),
        rows.row("client|unpause", 2, "admin " + client, SESSION, "6.2.0", "Resume processing of clients that were paused", Pause::unpause),
        rows.row("client|reply", 3, client, SESSION, "3.2.0", "Instruct the server whether to reply to commands", ClientCommands::reply),
        rows.row("client|caching", 3, client, SESSION, "6.0.0", "Instruct the server about tracking or not keys in the next request", ClientTracking::caching),
        rows.row("client|getredir", 2, client, SESSION, "6.0.0", "Get tracking notifications redirection client ID if any", ClientTracking::getredir),
        rows.row("client|tracking", -3, client, SESSION, "6.0.0", "Enable or disable server assisted client side caching support", ClientTracking::tracking).differs("where several gateways write to one store, what others change is reported within 5 s: then a key is reported in any case, and in BCAST mode all keys"),
        rows.row("client|trackinginfo", 2, client, SESSION, "6.2.0", "Return information about server assisted client side caching for the current connection", ClientTracking::trackinginfo),
        rows.row("client|unblock", -3, "admin " + client, SESSION, "5.0.0", "Unblock a client blocked in a blocking command from a different connection", ClientCommands::unblock),
        rows.row("client|no-evict", 3, "admin noscript loading stale", SESSION, "7.0.0", "Set client eviction mode for the current connection", ConnectionCommands::clientSwitch).differs("nothing is ever evicted"),
        rows.row("client|setinfo", 4, client, SESSION, "7.2.0", "Set client or connection specific info", ConnectionCommands::clientSetinfo),
        rows.row("client|setname", 3, client, SESSION, "2.6.9", "Set the current connection name", ConnectionCommands::clientSetname));
  }

  private static void transactions(List<RedisCommand> all) {
    var rows = new Rows(all, "transactions");
    String flags = "noscript loading stale fast allow_busy";
    rows.add("multi", 1, flags + " immediate", "", SESSION, "1.2.0", "Mark the start of a transaction block", ConnectionCommands::multi);
    rows.add("exec", 1, "noscript loading stale skip_slowlog immediate", "", ALONE, "1.2.0", "Execute all commands issued after MULTI", ConnectionCommands::exec);
    rows.add("discard", 1, flags + " immediate", "", SESSION, "2.0.0", "Discard all commands issued after MULTI", ConnectionCommands::discard);
    rows.add("watch", -2, flags + " immediate", "1..-1 RO", ALONE, "2.2.0", "Watch the given keys to determine execution of the MULTI/EXEC block", ConnectionCommands::watch);
    rows.add("unwatch", 1, flags, "", SESSION, "2.2.0", "Forget about all watched keys", ConnectionCommands::unwatch);
  }

  private static void pubSub(List<RedisCommand> all) {
    var rows = new Rows(all, "pubsub");
    String flags = "pubsub noscript loading stale";
    String here = "among the clients of this server";
    rows.add("subscribe", -2, flags, "", SESSION, "2.0.0", "Listen for messages published to the given channels", PubSub::subscribe);
    rows.add("psubscribe", -2, flags, "", SESSION, "2.0.0", "Listen for messages published to channels matching the given patterns", PubSub::subscribe);
    rows.add("ssubscribe", -2, flags, "1..-1 not_key", SESSION, "7.0.0", "Listen for messages published to the given shard channels", PubSub::subscribe);
    rows.add("unsubscribe", -1, flags, "", SESSION, "2.0.0", "Stop listening for messages posted to the given channels", PubSub::unsubscribe);
    rows.add("punsubscribe", -1, flags, "", SESSION, "2.0.0", "Stop listening for messages posted to channels matching the given patterns", PubSub::unsubscribe);
    rows.add("sunsubscribe", -1, flags, "1..-1 not_key", SESSION, "7.0.0", "Stop listening for messages posted to the given shard channels", PubSub::unsubscribe);
    rows.add("publish", 3, "pubsub loading stale fast may_replicate", "", NONE, "2.0.0", "Post a message to a channel", PubSub::publish, here);
    rows.add("spublish", 3, "pubsub loading stale fast may_replicate", "1 not_key", NONE, "7.0.0", "Post a message to a shard channel", PubSub::publish, here);
    String about = "pubsub loading stale";
    rows.add("pubsub", -2, "", "", NONE, "2.8.0", "A container for Pub/Sub commands", Rows::container, "",
        rows.row("pubsub|channels", -2, about, NONE, "2.8.0", "List active channels", PubSub::channels),
        rows.row("pubsub|help", 2, "loading stale -@pubsub", NONE, "6.2.0", "Show helpful text about the different subcommands", PubSub::help),
        rows.row("pubsub|numpat", 2, about, NONE, "2.8.0", "Get the count of unique patterns pattern subscriptions", PubSub::numpat),
        rows.row("pubsub|numsub", -2, about, NONE, "2.8.0", "Get the count of subscribers for channels", PubSub::numsub),
        rows.row("pubsub|shardchannels", -2, about, NONE, "7.0.0", "List active shard channels", PubSub::channels),
        rows.row("pubsub|shardnumsub", -2, about, NONE, "7.0.0", "Get the count of subscribers for shard channels", PubSub::numsub));
  }
}
