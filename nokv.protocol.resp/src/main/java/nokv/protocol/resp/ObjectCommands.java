package nokv.protocol.resp;

import nokv.api.Entry;
import nokv.api.Timestamp;
import nokv.protocol.resp.Metadata.Type;
import org.jspecify.annotations.Nullable;

/** What Redis would tell of how a key's value is held: OBJECT, MEMORY, DEBUG OBJECT. Here every value is records of the store; the encodings follow from type, sizes and CONFIG. */
final class ObjectCommands {
  private static final int SHARED_INTEGERS = 10_000;
  private static final int SHARED_REFERENCES = Integer.MAX_VALUE;
  private static final int MAX_EMBEDDED_BYTES = 44;
  /** Of a key with its entry in Redis's tables, roughly. */
  private static final int KEY_OVERHEAD_BYTES = 48;

  private ObjectCommands() {}

  private static @Nullable Entry entryOrNil(Call call, int i) {
    call.keys.pin();
    Entry entry = call.entry(i);
    if (entry == null) call.reply().nil();
    return entry;
  }

  static void encoding(Call call) {
    Entry entry = entryOrNil(call, 2);
    if (entry != null) call.reply().bulk(encoding(call, call.arg(2), entry));
  }

  private static String encoding(Call call, byte[] key, Entry entry) {
    byte[] record = entry.value();
    ServerSettings settings = call.server.settings();
    Type type = Metadata.type(record);
    if (type == Type.STRING) return isInteger(record) ? "int" : Metadata.stringLength(record) <= MAX_EMBEDDED_BYTES ? "embstr" : "raw";
    var collection = Collection.of(call.keys, key, entry);
    return switch (type) {
      case STRING, LIST -> "quicklist";
      case STREAM -> "stream";
      case SET -> collection.size <= settings.number("set-max-intset-entries") && allIntegers(collection) ? "intset" : "hashtable";
      case HASH -> isSmall(settings, collection, "hash", Collection.HASH_FIELD) ? "listpack" : "hashtable";
      case ZSET -> isSmall(settings, collection, "zset", Collection.ZSET_MEMBER) ? "listpack" : "skiplist";
    };
  }

  private static boolean isInteger(byte[] record) {
    return Numbers.isLong(record, Metadata.STRING_OFFSET, record.length);
  }

  private static boolean allIntegers(Collection set) {
    try (var walk = set.walk(Collection.SET_MEMBER)) {
      while (walk.next()) if (!Numbers.isLong(walk.element())) return false;
    }
    return true;
  }

  private static boolean isSmall(ServerSettings settings, Collection collection, String prefix, byte kind) {
    if (collection.size > settings.number(prefix + "-max-listpack-entries")) return false;
    long longest = settings.number(prefix + "-max-listpack-value");
    try (var walk = collection.walk(kind)) {
      while (walk.next()) if (walk.element().length > longest || walk.value().length > longest) return false;
    }
    return true;
  }

  static void refcount(Call call) {
    Entry entry = entryOrNil(call, 2);
    if (entry == null) return;
    byte[] record = entry.value();
    boolean shared = Metadata.type(record) == Type.STRING && isInteger(record) && Math.abs((double) Numbers.toLong(record, Metadata.STRING_OFFSET, record.length) * 2 - SHARED_INTEGERS + 1) < SHARED_INTEGERS;
    call.reply().integer(shared ? SHARED_REFERENCES : 1);
  }

  static void idletime(Call call) {
    if (isFrequencyKept(call)) throw new RedisError("ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.");
    Entry entry = entryOrNil(call, 2);
    if (entry != null) call.reply().integer(idleSeconds(call, entry));
  }

  private static long idleSeconds(Call call, Entry entry) {
    Accesses.Access noted = noted(call, entry);
    return Math.max(0, call.server.clock().millis() - (noted != null ? noted.millis() : Timestamp.physicalMillis(entry.version()))) / 1000;
  }

  /** What was noted of the key in argument 2 since it was written. */
  private static Accesses.@Nullable Access noted(Call call, Entry entry) {
    Accesses.Access noted = call.server.accesses().of(call.keys.database(), call.arg(2));
    return noted == null || noted.notedMillis() < Timestamp.physicalMillis(entry.version()) ? null : noted;
  }

  private static boolean isFrequencyKept(Call call) {
    return call.server.settings().get("maxmemory-policy").endsWith("lfu");
  }

  static void freq(Call call) {
    if (!isFrequencyKept(call)) {
      throw new RedisError("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.");
    }
    Entry entry = entryOrNil(call, 2);
    if (entry == null) return;
    Accesses.Access noted = noted(call, entry);
    call.reply().integer(noted == null ? 0 : noted.frequency());
  }

  static void help(Call call) {
    Help.reply(call, "ENCODING <key>", "    Return the kind of internal representation used in order to store the value", "    associated with a <key>.", "FREQ <key>",
        "    Return the access frequency index of the <key>. The returned integer is", "    proportional to the logarithm of the recent access frequency of the key.", "IDLETIME <key>",
        "    Return the idle time of the <key>, that is the approximated number of", "    seconds elapsed since the last access to the key.", "REFCOUNT <key>",
        "    Return the number of references of the value associated with the specified", "    <key>.");
  }

  static void memoryUsage(Call call) {
    for (int i = 3; i < call.count(); i += 2) {
      if (!call.is(i, "SAMPLES") || i + 1 == call.count()) throw RedisError.SYNTAX;
      if (call.integer(i + 1) < 0) throw RedisError.SYNTAX;
    }
    Entry entry = entryOrNil(call, 2);
    if (entry == null) return;
    long bytes = KEY_OVERHEAD_BYTES + call.arg(2).length + entry.value().length;
    if (Metadata.type(entry.value()) != Type.STRING) bytes += Collection.of(call.keys, call.arg(2), entry).bytes();
    call.reply().integer(bytes);
  }

  static void debugObject(Call call) {
    Entry entry = call.entry(2);
    if (entry == null) throw RedisError.NO_SUCH_KEY;
    long bytes = entry.value().length + (Metadata.type(entry.value()) == Type.STRING ? 0 : Collection.of(call.keys, call.arg(2), entry).bytes());
    call.reply().simple("Value at:0x" + Integer.toHexString(java.util.Arrays.hashCode(call.arg(2))) + " refcount:1 encoding:" + encoding(call, call.arg(2), entry) + " serializedlength:" + bytes
        + " lru:" + (Timestamp.physicalMillis(entry.version()) / 1000 & 0xffffff) + " lru_seconds_idle:" + idleSeconds(call, entry));
  }
}
