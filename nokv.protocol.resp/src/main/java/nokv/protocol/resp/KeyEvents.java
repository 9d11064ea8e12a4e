package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Kinds of changes of keys as {@code notify-keyspace-events} names them, one letter each, and how such a change is published. */
final class KeyEvents {
  private static final String LETTERS = "g$lshzxetdKEmn";
  private static final String ALL_OF = "g$lshzxetd";
  static final int GENERIC = bit('g');
  static final int STRING = bit('$');
  static final int LIST = bit('l');
  static final int SET = bit('s');
  static final int HASH = bit('h');
  static final int ZSET = bit('z');
  static final int STREAM = bit('t');
  static final int EXPIRED = bit('x');
  static final int NEW = bit('n');
  static final int BY_KEY = bit('K');
  static final int BY_EVENT = bit('E');
  private static final int ALL = bits(ALL_OF);

  private KeyEvents() {}

  private static int bit(char letter) {
    return 1 << LETTERS.indexOf(letter);
  }

  private static int bits(String letters) {
    int mask = 0;
    for (char letter : letters.toCharArray()) mask |= bit(letter);
    return mask;
  }

  /** @throws IllegalArgumentException a letter means nothing */
  static int mask(String letters) {
    int mask = 0;
    for (char letter : letters.toCharArray()) {
      if (letter == 'A') mask |= ALL;
      else if (LETTERS.indexOf(letter) < 0) throw new IllegalArgumentException("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
      else mask |= bit(letter);
    }
    return mask;
  }

  /** Publishes, once committed, what a command has done to keys. */
  static void publish(Call call, RedisCommand command, int mask) {
    var last = new java.util.LinkedHashMap<PubSub.Name, Keyspace.Change>();
    for (Keyspace.Change change : call.keys.changes()) last.put(new PubSub.Name(change.key()), change);
    String named = call.keys.event();
    if ((mask & (BY_KEY | BY_EVENT)) == 0) return;
    for (Keyspace.Change change : last.values()) {
      String event = event(command.name(), call.args(), change, named);
      if (change.made()) publish(call, mask, NEW, "new", change);
      if (event.isEmpty()) continue;
      if (!"del".equals(event)) publish(call, mask, kind(command, event), event, change);
      if (change.deleted() && !event.endsWith("_from")) publish(call, mask, GENERIC, "del", change);
    }
  }

  private static void publish(Call call, int mask, int kind, String event, Keyspace.Change change) {
    if ((mask & kind) == 0) return;
    call.keys.afterwards(() -> publish(call.server.pubSub(), mask, event, change.database(), change.key()));
  }

  private static void publish(PubSub pubSub, int mask, String event, int database, byte[] key) {
    byte[] name = event.getBytes(StandardCharsets.UTF_8);
    if ((mask & BY_KEY) != 0) pubSub.publish(false, channel("keyspace", database, key), name);
    if ((mask & BY_EVENT) != 0) pubSub.publish(false, channel("keyevent", database, name), key);
  }

  /** Publishes that a key has expired. */
  static void expired(PubSub pubSub, int mask, int database, byte[] key) {
    if ((mask & EXPIRED) != 0) publish(pubSub, mask, "expired", database, key);
  }

  private static byte[] channel(String space, int database, byte[] what) {
    byte[] start = ("__" + space + "@" + database + "__:").getBytes(StandardCharsets.UTF_8);
    byte[] channel = java.util.Arrays.copyOf(start, start.length + what.length);
    System.arraycopy(what, 0, channel, start.length, what.length);
    return channel;
  }

  /** The name Redis gives to what a command did to a key; empty = it says nothing. */
  private static String event(String command, byte[][] args, Keyspace.Change change, @Nullable String named) {
    boolean source = args.length > 1 && java.util.Arrays.equals(args[1], change.key());
    return switch (command) {
      case "del", "unlink", "getdel" -> "del";
      case "xreadgroup", "xclaim", "xautoclaim", "xack" -> named == null ? "" : named;
      case "expire", "pexpire", "expireat", "pexpireat" -> change.deleted() ? "del" : "expire";
      case "getset", "setnx", "mset", "msetnx", "setex", "psetex" -> "set";
      case "hmset", "hsetnx" -> "hset";
      case "incr" -> "incrby";
      case "decr", "decrby" -> "incrby";
      case "lpushx" -> "lpush";
      case "rpushx" -> "rpush";
      case "blpop" -> "lpop";
      case "brpop" -> "rpop";
      case "zincrby" -> "zincr";
      case "bzpopmin" -> "zpopmin";
      case "bzpopmax" -> "zpopmax";
      case "rename", "renamenx" -> source ? "rename_from" : "rename_to";
      case "move" -> change.deleted() ? "move_from" : "move_to";
      case "copy" -> "copy_to";
      case "sort" -> "sortstore";
      case "rpoplpush", "brpoplpush" -> source ? "rpop" : "lpush";
      case "lmove", "blmove" -> (Call.equalsIgnoreCase(args[source ? 3 : 4], "LEFT") ? "l" : "r") + (source ? "pop" : "push");
      default -> command.replace('|', '-');
    };
  }

  private static int kind(RedisCommand command, String event) {
    if (event.equals("expire") || event.equals("persist")) return GENERIC;
    return switch (command.group()) {
      case "list" -> LIST;
      case "set" -> SET;
      case "hash" -> HASH;
      case "sorted-set", "geo" -> ZSET;
      case "stream" -> STREAM;
      case "generic" -> event.equals("sortstore") ? LIST : GENERIC;
      default -> STRING;
    };
  }

  /** The letters of a mask in Redis's order; A stands for all kinds that are no rarities. */
  static String text(int mask) {
    var text = new StringBuilder();
    boolean all = (mask & ALL) == ALL;
    if (all) text.append('A');
    for (char letter : LETTERS.toCharArray()) if ((mask & bit(letter)) != 0 && !(all && ALL_OF.indexOf(letter) >= 0)) text.append(letter);
    return text.toString();
  }
}
