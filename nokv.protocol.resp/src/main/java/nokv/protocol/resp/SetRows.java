package nokv.protocol.resp;

import static nokv.protocol.resp.Access.READ;
import static nokv.protocol.resp.Access.SERIAL;
import static nokv.protocol.resp.Access.UPDATE;

import java.util.List;

/** Commands on sets. */
final class SetRows {
  private static final String IN_ORDER = "in byte order";

  private SetRows() {}

  static void addTo(List<RedisCommand> all) {
    var rows = new Rows(all, "set");
    rows.add("sadd", -3, "write denyoom fast prompt", "1 RW insert", UPDATE, "1.0.0", "Add one or more members to a set", SetCommands::sadd);
    rows.add("srem", -3, "write fast prompt", "1 RW delete", UPDATE, "1.0.0", "Remove one or more members from a set", SetCommands::srem);
    rows.add("sismember", 3, "readonly fast prompt", "1 RO", READ, "1.0.0", "Determine if a given value is a member of a set", SetCommands::sismember);
    rows.add("smismember", -3, "readonly fast prompt", "1 RO access", READ, "6.2.0", "Returns the membership associated with the given elements for a set", SetCommands::smismember);
    rows.add("scard", 2, "readonly fast prompt", "1 RO", READ, "1.0.0", "Get the number of members in a set", SetCommands::scard);
    rows.add("smembers", 2, "readonly", "1 RO access", READ, "1.0.0", "Get all the members in a set", SetCommands::smembers, IN_ORDER);
    rows.add("smove", 4, "write fast", "1 RW access delete, 2 RW insert", UPDATE, "1.0.0", "Move a member from one set to another", SetCommands::smove);
    rows.add("spop", -2, "write fast", "1 RW access delete", UPDATE, "1.0.0", "Remove and return one or multiple random members from a set", SetCommands::spop, "reads the whole set");
    rows.add("srandmember", -2, "readonly", "1 RO access", READ, "1.0.0", "Get one or multiple random members from a set", SetCommands::srandmember, "reads the whole set");
    rows.add("sinter", -2, "readonly", "1..-1 RO access", READ, "1.0.0", "Intersect multiple sets", SetCommands::sinter, IN_ORDER);
    rows.add("sunion", -2, "readonly", "1..-1 RO access", READ, "1.0.0", "Add multiple sets", SetCommands::sunion, IN_ORDER);
    rows.add("sdiff", -2, "readonly", "1..-1 RO access", READ, "1.0.0", "Subtract multiple sets", SetCommands::sdiff, IN_ORDER);
    rows.add("sinterstore", -3, "write denyoom", "1 RW update, 2..-1 RO access", SERIAL, "1.0.0", "Intersect multiple sets and store the resulting set in a key", SetCommands::sinterstore);
    rows.add("sunionstore", -3, "write denyoom", "1 OW update, 2..-1 RO access", SERIAL, "1.0.0", "Add multiple sets and store the resulting set in a key", SetCommands::sunionstore);
    rows.add("sdiffstore", -3, "write denyoom", "1 OW update, 2..-1 RO access", SERIAL, "1.0.0", "Subtract multiple sets and store the resulting set in a key", SetCommands::sdiffstore);
    rows.add("sintercard", -3, "readonly", "#1 RO access", READ, "7.0.0", "Intersect multiple sets and return the cardinality of the result", SetCommands::sintercard);
    rows.add("sscan", -3, "readonly", "1 RO access", READ, "2.8.0", "Incrementally iterate Set elements", SetCommands::sscan, IN_ORDER);
  }
}
