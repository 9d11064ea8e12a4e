package nokv.protocol.resp;

import static nokv.protocol.resp.Access.READ;
import static nokv.protocol.resp.Access.SERIAL;
import static nokv.protocol.resp.Access.UPDATE;

import java.util.List;

/** Commands on lists. */
final class ListRows {
  private ListRows() {}

  static void addTo(List<RedisCommand> all) {
    var rows = new Rows(all, "list");
    String quick = "write denyoom fast prompt";
    rows.add("lpush", -3, quick, "1 RW insert", UPDATE, "1.0.0", "Prepend one or multiple elements to a list", ListCommands::push);
    rows.add("rpush", -3, quick, "1 RW insert", UPDATE, "1.0.0", "Append one or multiple elements to a list", ListCommands::push);
    rows.add("lpushx", -3, quick, "1 RW insert", UPDATE, "2.2.0", "Prepend an element to a list, only if the list exists", ListCommands::push);
    rows.add("rpushx", -3, quick, "1 RW insert", UPDATE, "2.2.0", "Append an element to a list, only if the list exists", ListCommands::push);
    rows.add("lpop", -2, "write fast", "1 RW access delete", UPDATE, "1.0.0", "Remove and get the first elements in a list", ListCommands::pop);
    rows.add("rpop", -2, "write fast", "1 RW access delete", UPDATE, "1.0.0", "Remove and get the last elements in a list", ListCommands::pop);
    rows.add("llen", 2, "readonly fast prompt", "1 RO", READ, "1.0.0", "Get the length of a list", ListCommands::llen);
    rows.add("lindex", 3, "readonly", "1 RO access", READ, "1.0.0", "Get an element from a list by its index", ListCommands::lindex);
    rows.add("lset", 4, "write denyoom", "1 RW update", UPDATE, "1.0.0", "Set the value of an element in a list by its index", ListCommands::lset);
    rows.add("lrange", 4, "readonly", "1 RO access", READ, "1.0.0", "Get a range of elements from a list", ListCommands::lrange);
    rows.add("ltrim", 4, "write", "1 RW delete", UPDATE, "1.0.0", "Trim a list to the specified range", ListCommands::ltrim);
    rows.add("linsert", 5, "write denyoom", "1 RW insert", UPDATE, "2.2.0", "Insert an element before or after another element in a list", ListCommands::linsert);
    rows.add("lrem", 4, "write", "1 RW delete", UPDATE, "1.0.0", "Remove elements from a list", ListCommands::lrem);
    rows.add("rpoplpush", 3, "write denyoom", "1 RW access delete, 2 RW insert", UPDATE, "1.2.0", "Remove the last element in a list, prepend it to another list and return it", ListCommands::rpoplpush);
    rows.add("lmove", 5, "write denyoom", "1 RW access delete, 2 RW insert", UPDATE, "6.2.0", "Pop an element from a list, push it to another list and return it", ListCommands::lmove);
    rows.add("lpos", -3, "readonly", "1 RO access", READ, "6.0.6", "Return the index of matching elements on a list", ListCommands::lpos);
    String blocking = "write noscript blocking";
    rows.add("blpop", -3, blocking, "1..-2 RW access delete", UPDATE, "2.0.0", "Remove and get the first element in a list, or block until one is available", BlockingCommands::pop);
    rows.add("brpop", -3, blocking, "1..-2 RW access delete", UPDATE, "2.0.0", "Remove and get the last element in a list, or block until one is available", BlockingCommands::pop);
    rows.add("blmove", 6, "write denyoom noscript blocking", "1 RW access delete, 2 RW insert", SERIAL, "6.2.0", "Pop an element from a list, push it to another list and return it; or block until one is available", BlockingCommands::blmove);
    rows.add("brpoplpush", 4, "write denyoom noscript blocking", "1 RW access delete, 2 RW insert", SERIAL, "2.2.0", "Pop an element from a list, push it to another list and return it; or block until one is available", BlockingCommands::brpoplpush);
    rows.add("blmpop", -5, "write blocking", "#2 RW access delete", SERIAL, "7.0.0", "Pop elements from a list, or block until one is available", BlockingCommands::blmpop);
    rows.add("lmpop", -4, "write", "#1 RW access delete", SERIAL, "7.0.0", "Pop elements from a list", ListCommands::lmpop);
  }
}
