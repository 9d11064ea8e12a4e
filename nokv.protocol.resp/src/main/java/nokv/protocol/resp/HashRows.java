package nokv.protocol.resp;

import static nokv.protocol.resp.Access.READ;
import static nokv.protocol.resp.Access.UPDATE;

import java.util.List;

/** Commands on hashes. */
final class HashRows {
  private static final String IN_ORDER = "in byte order";

  private HashRows() {}

  static void addTo(List<RedisCommand> all) {
    var rows = new Rows(all, "hash");
    String quick = "write denyoom fast prompt";
    rows.add("hset", -4, quick, "1 RW update", UPDATE, "2.0.0", "Set the string value of a hash field", HashCommands::hset);
    rows.add("hmset", -4, quick, "1 RW update", UPDATE, "2.0.0", "Set multiple hash fields to multiple values", HashCommands::hset);
    rows.add("hsetnx", 4, quick, "1 RW insert", UPDATE, "2.0.0", "Set the value of a hash field, only if the field does not exist", HashCommands::hsetnx);
    rows.add("hget", 3, "readonly fast prompt", "1 RO access", READ, "2.0.0", "Get the value of a hash field", HashCommands::hget);
    rows.add("hmget", -3, "readonly fast prompt", "1 RO access", READ, "2.0.0", "Get the values of all the given hash fields", HashCommands::hmget);
    rows.add("hdel", -3, "write fast prompt", "1 RW delete", UPDATE, "2.0.0", "Delete one or more hash fields", HashCommands::hdel);
    rows.add("hlen", 2, "readonly fast prompt", "1 RO", READ, "2.0.0", "Get the number of fields in a hash", HashCommands::hlen);
    rows.add("hstrlen", 3, "readonly fast prompt", "1 RO", READ, "3.2.0", "Get the length of the value of a hash field", HashCommands::hstrlen);
    rows.add("hexists", 3, "readonly fast prompt", "1 RO", READ, "2.0.0", "Determine if a hash field exists", HashCommands::hexists);
    rows.add("hgetall", 2, "readonly", "1 RO access", READ, "2.0.0", "Get all the fields and values in a hash", HashCommands::hgetall, IN_ORDER);
    rows.add("hkeys", 2, "readonly", "1 RO access", READ, "2.0.0", "Get all the fields in a hash", HashCommands::hkeys, IN_ORDER);
    rows.add("hvals", 2, "readonly", "1 RO access", READ, "2.0.0", "Get all the values in a hash", HashCommands::hvals, IN_ORDER);
    rows.add("hincrby", 4, quick, "1 RW access update", UPDATE, "2.0.0", "Increment the integer value of a hash field by the given number", HashCommands::hincrby);
    rows.add("hincrbyfloat", 4, quick, "1 RW access update", UPDATE, "2.6.0", "Increment the float value of a hash field by the given amount", HashCommands::hincrbyfloat, "computes in decimal");
    rows.add("hrandfield", -2, "readonly", "1 RO access", READ, "6.2.0", "Get one or multiple random fields from a hash", HashCommands::hrandfield);
    rows.add("hscan", -3, "readonly", "1 RO access", READ, "2.0.0", "Incrementally iterate hash fields and associated values", HashCommands::hscan, IN_ORDER);
  }
}
