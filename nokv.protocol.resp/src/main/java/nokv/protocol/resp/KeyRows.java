package nokv.protocol.resp;

import static nokv.protocol.resp.Access.NONE;
import static nokv.protocol.resp.Access.READ;
import static nokv.protocol.resp.Access.SERIAL;
import static nokv.protocol.resp.Access.UPDATE;

import java.util.List;

/** Commands on keys of any type. */
final class KeyRows {
  private KeyRows() {}

  static void addTo(List<RedisCommand> all) {
    var rows = new Rows(all, "generic");
    rows.add("del", -2, "write", "1..-1 RM delete", UPDATE, "1.0.0", "Delete a key", KeyCommands::del);
    rows.add("unlink", -2, "write fast", "1..-1 RM delete", UPDATE, "4.0.0", "Delete a key asynchronously in another thread. Otherwise it is just as DEL, but non blocking.", KeyCommands::del);
    rows.add("exists", -2, "readonly fast prompt", "1..-1 RO", READ, "1.0.0", "Determine if a key exists", KeyCommands::exists);
    rows.add("touch", -2, "readonly fast prompt", "1..-1 RO", READ, "3.2.1", "Alters the last access time of a key(s). Returns the number of existing keys specified.", KeyCommands::touch);
    rows.add("expire", -3, "write fast prompt", "1 RW update", UPDATE, "1.0.0", "Set a key's time to live in seconds", KeyCommands::expire);
    rows.add("pexpire", -3, "write fast prompt", "1 RW update", UPDATE, "2.6.0", "Set a key's time to live in milliseconds", KeyCommands::pexpire);
    rows.add("expireat", -3, "write fast prompt", "1 RW update", UPDATE, "1.2.0", "Set the expiration for a key as a UNIX timestamp", KeyCommands::expireat);
    rows.add("pexpireat", -3, "write fast prompt", "1 RW update", UPDATE, "2.6.0", "Set the expiration for a key as a UNIX timestamp specified in milliseconds", KeyCommands::pexpireat);
    rows.add("ttl", 2, "readonly fast prompt", "1 RO access", READ, "1.0.0", "Get the time to live for a key in seconds", KeyCommands::ttl);
    rows.add("pttl", 2, "readonly fast prompt", "1 RO access", READ, "2.6.0", "Get the time to live for a key in milliseconds", KeyCommands::pttl);
    rows.add("expiretime", 2, "readonly fast prompt", "1 RO access", READ, "7.0.0", "Get the expiration Unix timestamp for a key", KeyCommands::expiretime);
    rows.add("pexpiretime", 2, "readonly fast prompt", "1 RO access", READ, "7.0.0", "Get the expiration Unix timestamp for a key in milliseconds", KeyCommands::pexpiretime);
    rows.add("persist", 2, "write fast prompt", "1 RW update", UPDATE, "2.2.0", "Remove the expiration from a key", KeyCommands::persist);
    rows.add("type", 2, "readonly fast prompt", "1 RO", READ, "1.0.0", "Determine the type stored at key", KeyCommands::type);
    rows.add("rename", 3, "write", "1 RW access delete, 2 OW update", UPDATE, "1.0.0", "Rename a key", KeyCommands::rename);
    rows.add("renamenx", 3, "write fast", "1 RW access delete, 2 OW insert", UPDATE, "1.0.0", "Rename a key, only if the new key does not exist", KeyCommands::renamenx);
    rows.add("copy", -3, "write denyoom", "1 RO access, 2 OW update", SERIAL, "6.2.0", "Copy a key", KeyCommands::copy);
    rows.add("move", 3, "write fast", "1 RW access update", UPDATE, "1.0.0", "Move a key to another database", KeyCommands::move);
    rows.add("dump", 2, "readonly", "1 RO access", READ, "2.6.0", "Return a serialized version of the value stored at the specified key.", DumpCommands::dump, "plain encodings, not compressed");
    rows.add("restore", -4, "write denyoom @dangerous", "1 OW update", UPDATE, "2.6.0", "Create a key using the provided serialized value, previously obtained using DUMP.", DumpCommands::restore, "IDLETIME and FREQ are kept in memory only");
    rows.add("sort", -2, "write denyoom -@keyspace @dangerous @list @set @sortedset", "1 RO access, STORE@? OW update", SortCommand::access, "1.0.0", "Sort the elements in a list, set or sorted set", SortCommand::sort);
    rows.add("sort_ro", -2, "readonly movablekeys -@keyspace @dangerous @list @set @sortedset", "1 RO access", READ, "7.0.0", "Sort the elements in a list, set or sorted set. Read-only variant of SORT.", SortCommand::sort);
    rows.add("randomkey", 1, "readonly", "", READ, "1.0.0", "Return a random key from the keyspace", KeyCommands::randomkey, "not every key is equally likely");
    rows.add("scan", -2, "readonly", "", READ, "2.8.0", "Incrementally iterate the keys space", KeyCommands::scan, "in key order; a cursor long unused is refused as invalid");
    rows.add("keys", 2, "readonly @dangerous", "", READ, "1.0.0", "Find all keys matching the given pattern", KeyCommands::keys);
    rows.add("object", -2, "", "", NONE, "2.2.3", "A container for object introspection commands", Rows::container, "only the subcommands listed",
        rows.row("object|encoding", 3, "readonly", "2 RO", READ, "2.2.3", "Inspect the internal encoding of a Redis object", ObjectCommands::encoding).differs("what Redis would choose, by type, lengths and CONFIG"),
        rows.row("object|freq", 3, "readonly", "2 RO", READ, "4.0.0", "Get the logarithmic access frequency counter of a Redis object", ObjectCommands::freq).differs("what RESTORE said, otherwise 0"),
        rows.row("object|help", 2, "loading stale", NONE, "6.2.0", "Show helpful text about the different subcommands", ObjectCommands::help),
        rows.row("object|idletime", 3, "readonly", "2 RO", READ, "2.2.3", "Get the time since a Redis object was last accessed", ObjectCommands::idletime).differs("since it was last written or touched, or what RESTORE said"),
        rows.row("object|refcount", 3, "readonly", "2 RO", READ, "2.2.3", "Get the number of references to the value of the key", ObjectCommands::refcount));
  }
}
