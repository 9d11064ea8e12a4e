package nokv.protocol.resp;

import static nokv.protocol.resp.Access.BLIND;
import static nokv.protocol.resp.Access.NONE;
import static nokv.protocol.resp.Access.READ;
import static nokv.protocol.resp.Access.SERIAL;
import static nokv.protocol.resp.Access.UPDATE;

import java.util.List;

/** Commands on strings: as text and numbers, as bits, as HyperLogLogs. */
final class StringRows {
  private StringRows() {}

  static void addTo(List<RedisCommand> all) {
    strings(all);
    bitmaps(all);
    hyperLogLogs(all);
  }

  private static void strings(List<RedisCommand> all) {
    var rows = new Rows(all, "string");
    String write = "write denyoom prompt";
    String quick = "write denyoom fast prompt";
    rows.add("get", 2, "readonly fast prompt", "1 RO access", READ, "1.0.0", "Get the value of a key", StringCommands::get);
    rows.add("set", -3, write, "1 RW access update variable_flags", StringCommands::setAccess, "1.0.0", "Set the string value of a key", StringCommands::set);
    rows.add("setnx", 3, quick, "1 OW insert", UPDATE, "1.0.0", "Set the value of a key, only if the key does not exist", StringCommands::setnx);
    rows.add("setex", 4, write, "1 OW update", BLIND, "2.0.0", "Set the value and expiration of a key", StringCommands::setex);
    rows.add("psetex", 4, write, "1 OW update", BLIND, "2.6.0", "Set the value and expiration in milliseconds of a key", StringCommands::setex);
    rows.add("getset", 3, quick, "1 RW access update", UPDATE, "1.0.0", "Set the string value of a key and return its old value", StringCommands::getset);
    rows.add("getdel", 2, "write fast prompt", "1 RW access delete", UPDATE, "6.2.0", "Get the value of a key and delete the key", StringCommands::getdel);
    rows.add("getex", -2, "write fast prompt", "1 RW access update", StringCommands::getexAccess, "6.2.0", "Get the value of a key and optionally set its expiration", StringCommands::getex);
    rows.add("append", 3, quick, "1 RW insert", UPDATE, "2.0.0", "Append a value to a key", StringCommands::append);
    rows.add("strlen", 2, "readonly fast prompt", "1 RO", READ, "2.2.0", "Get the length of the value stored in a key", StringCommands::strlen);
    rows.add("getrange", 4, "readonly prompt", "1 RO access", READ, "2.4.0", "Get a substring of the string stored at a key", StringCommands::getrange);
    rows.add("substr", 4, "readonly prompt", "1 RO access", READ, "1.0.0", "Get a substring of the string stored at a key", StringCommands::getrange);
    rows.add("setrange", 4, write, "1 RW update", UPDATE, "2.2.0", "Overwrite part of a string at key starting at the specified offset", StringCommands::setrange);
    rows.add("mget", -2, "readonly fast prompt", "1..-1 RO access", READ, "1.0.0", "Get the values of all the given keys", StringCommands::mget);
    rows.add("mset", -3, write, "1..-1/2 OW update", BLIND, "1.0.1", "Set multiple keys to multiple values", StringCommands::mset);
    rows.add("msetnx", -3, write, "1..-1/2 OW insert", UPDATE, "1.0.1", "Set multiple keys to multiple values, only if none of the keys exist", StringCommands::msetnx);
    rows.add("incr", 2, quick, "1 RW access update", UPDATE, "1.0.0", "Increment the integer value of a key by one", StringCommands::incr);
    rows.add("decr", 2, quick, "1 RW access update", UPDATE, "1.0.0", "Decrement the integer value of a key by one", StringCommands::decr);
    rows.add("incrby", 3, quick, "1 RW access update", UPDATE, "1.0.0", "Increment the integer value of a key by the given amount", StringCommands::incrby);
    rows.add("decrby", 3, quick, "1 RW access update", UPDATE, "1.0.0", "Decrement the integer value of a key by the given number", StringCommands::decrby);
    rows.add("incrbyfloat", 3, quick, "1 RW access update", UPDATE, "2.6.0", "Increment the float value of a key by the given amount", StringCommands::incrbyfloat, "computes in decimal, not in 80-bit binary");
    rows.add("lcs", -3, "readonly", "1..2 RO access", READ, "7.0.0", "Find longest common substring", LongestCommon::lcs);
  }

  private static void bitmaps(List<RedisCommand> all) {
    var rows = new Rows(all, "bitmap");
    rows.add("setbit", 4, "write denyoom prompt", "1 RW access update", UPDATE, "2.2.0", "Sets or clears the bit at offset in the string value stored at key", BitCommands::setbit);
    rows.add("getbit", 3, "readonly fast prompt", "1 RO access", READ, "2.2.0", "Returns the bit value at offset in the string value stored at key", BitCommands::getbit);
    rows.add("bitcount", -2, "readonly", "1 RO access", READ, "2.6.0", "Count set bits in a string", BitCommands::bitcount);
    rows.add("bitpos", -3, "readonly", "1 RO access", READ, "2.8.7", "Find first bit set or clear in a string", BitCommands::bitpos);
    rows.add("bitop", -4, "write denyoom", "2 OW update, 3..-1 RO access", SERIAL, "2.6.0", "Perform bitwise operations between strings", BitCommands::bitop);
    rows.add("bitfield", -2, "write denyoom", "1 RW access update variable_flags", UPDATE, "3.2.0", "Perform arbitrary bitfield integer operations on strings", BitField::bitfield);
    rows.add("bitfield_ro", -2, "readonly fast", "1 RO access", READ, "6.0.0", "Perform arbitrary bitfield integer operations on strings. Read-only variant of BITFIELD", BitField::bitfield);
  }

  private static void hyperLogLogs(List<RedisCommand> all) {
    var rows = new Rows(all, "hyperloglog");
    rows.add("pfadd", -2, "write denyoom fast prompt", "1 RW insert", UPDATE, "2.8.9", "Adds the specified elements to the specified HyperLogLog.", HyperLogLogCommands::pfadd);
    rows.add("pfcount", -2, "readonly may_replicate", "1..-1 RW access", HyperLogLogCommands::countAccess, "2.8.9", "Return the approximated cardinality of the set(s) observed by the HyperLogLog at key(s).", HyperLogLogCommands::pfcount);
    rows.add("pfmerge", -2, "write denyoom", "1 RW access insert, 2..-1 RO access", SERIAL, "2.8.9", "Merge N different HyperLogLogs into a single one.", HyperLogLogCommands::pfmerge);
    rows.add("pfdebug", 3, "write denyoom admin", "2 RW access", UPDATE, "2.8.9", "Internal commands for debugging HyperLogLog values", HyperLogLogCommands::pfdebug);
    rows.add("pfselftest", 1, "admin", "", NONE, "2.8.9", "An internal command for testing HyperLogLog values", HyperLogLogCommands::pfselftest);
  }
}
