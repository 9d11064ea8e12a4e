package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.List;
import nokv.api.Entry;
import nokv.protocol.resp.Metadata.Type;
import nokv.protocol.resp.RdbReader.BadFormat;

/** DUMP and RESTORE: values in Redis's RDB encoding. Written in the plain form of each type, which every Redis reads; read in every form that Redis up to 7.0 writes. */
final class DumpCommands {
  private static final int STRING = 0;
  private static final int LIST = 1;
  private static final int SET = 2;
  private static final int ZSET_TEXT = 3;
  private static final int HASH = 4;
  private static final int ZSET = 5;
  private static final int HASH_ZIPMAP = 9;
  private static final int LIST_ZIPLIST = 10;
  private static final int SET_INTSET = 11;
  private static final int ZSET_ZIPLIST = 12;
  private static final int HASH_ZIPLIST = 13;
  private static final int LIST_QUICKLIST = 14;
  private static final int STREAM_1 = 15;
  private static final int HASH_LISTPACK = 16;
  private static final int ZSET_LISTPACK = 17;
  private static final int LIST_QUICKLIST_2 = 18;
  private static final int STREAM_2 = 19;
  private static final int PLAIN_NODE = 1;

  private DumpCommands() {}

  static void dump(Call call) {
    call.keys.pin();
    Entry entry = call.entry(1);
    if (entry == null) {
      call.reply().nil();
      return;
    }
    var out = new RdbWriter();
    switch (Metadata.type(entry.value())) {
      case STRING -> {
        out.type(STRING);
        out.string(entry.value(), Metadata.STRING_OFFSET, Metadata.stringLength(entry.value()));
      }
      case LIST -> elements(out, LIST, Collection.of(call.keys, call.arg(1), entry), Collection.LIST_ITEM, false, true);
      case SET -> elements(out, SET, Collection.of(call.keys, call.arg(1), entry), Collection.SET_MEMBER, true, false);
      case HASH -> elements(out, HASH, Collection.of(call.keys, call.arg(1), entry), Collection.HASH_FIELD, true, true);
      case ZSET -> sortedSet(out, java.util.Objects.requireNonNull(SortedSet.find(call.keys, call.arg(1))));
      case STREAM -> {
        out.type(STREAM_2);
        StreamDump.write(out, java.util.Objects.requireNonNull(Stream.find(call.keys, call.arg(1))));
      }
    }
    call.reply().bulk(out.finish());
  }

  private static void elements(RdbWriter out, int type, Collection collection, byte kind, boolean elements, boolean values) {
    out.type(type);
    out.length(collection.size);
    try (var walk = collection.walk(kind)) {
      while (walk.next()) {
        if (elements) out.string(walk.element());
        if (values) out.string(walk.value());
      }
    }
  }

  private static void sortedSet(RdbWriter out, SortedSet set) {
    out.type(ZSET);
    out.length(set.size());
    for (var member : set.within(ScoreRange.ALL, true, 0, -1)) {
      out.string(member.member());
      out.littleEndian(Double.doubleToLongBits(member.score()), Long.BYTES);
    }
  }

  static void restore(Call call) {
    boolean replace = false;
    boolean absolute = false;
    long idleSeconds = -1;
    long frequency = -1;
    for (int i = 4; i < call.count(); i++) {
      boolean more = i + 1 < call.count();
      if (call.is(i, "REPLACE")) {
        replace = true;
      } else if (call.is(i, "ABSTTL")) {
        absolute = true;
      } else if (call.is(i, "IDLETIME") && more) {
        idleSeconds = call.integer(++i);
        if (idleSeconds < 0) throw new RedisError("ERR Invalid IDLETIME value, must be >= 0");
      } else if (call.is(i, "FREQ") && more) {
        frequency = call.integer(++i);
        if (frequency < 0 || frequency > 255) throw new RedisError("ERR Invalid FREQ value, must be >= 0 and <= 255");
      } else {
        throw RedisError.SYNTAX;
      }
    }
    byte[] key = call.arg(1);
    if (!replace && call.keys.exists(key)) throw new RedisError("BUSYKEY Target key name already exists.");
    long ttl = call.integer(2);
    if (ttl < 0) throw new RedisError("ERR Invalid TTL value, must be >= 0");
    var in = RdbReader.of(call.arg(3));
    long now = call.keys.now();
    long expiry = ttl == 0 || absolute ? ttl : ttl > Long.MAX_VALUE - now ? Long.MAX_VALUE : ttl + now;
    if (expiry != 0 && expiry <= now) {
      call.keys.remove(key);
      call.reply().ok();
      return;
    }
    Runnable write;
    try {
      write = read(call, key, in);
      if (!in.atEnd()) throw new BadFormat();
    } catch (BadFormat e) {
      throw new RedisError("ERR Bad data format");
    }
    write.run();
    Entry entry = call.entry(1);
    if (expiry != 0 && entry != null) call.keys.put(key, entry.value(), expiry);
    if (idleSeconds >= 0 || frequency >= 0) noteAccess(call, key, Math.max(0, idleSeconds), Math.max(0, frequency));
    call.reply().ok();
  }

  private static void noteAccess(Call call, byte[] key, long idleSeconds, long frequency) {
    int db = call.keys.database();
    call.keys.afterwards(() -> {
      long now = call.server.clock().millis();
      call.server.accesses().note(db, key, new Accesses.Access(now, now - Math.min(idleSeconds, now / 1000) * 1000, (int) frequency));
    });
  }

  /** Reads a whole value; what is returned puts it at the key, in place of whatever is there. */
  private static Runnable read(Call call, byte[] key, RdbReader in) {
    int type = in.octet();
    switch (type) {
      case STRING -> {
        byte[] record = Metadata.string(in.string());
        return () -> call.keys.replace(key, record, 0);
      }
      case STREAM_1, STREAM_2 -> {
        var stream = StreamDump.read(in, type == STREAM_2);
        return () -> stream.write(call.keys, key);
      }
      default -> {
        Type kind = kind(type);
        List<byte[]> items = items(in, type);
        boolean pairs = kind == Type.HASH || kind == Type.ZSET;
        if (items.isEmpty() || pairs && items.size() % 2 != 0) throw new BadFormat();
        if (kind == Type.LIST) return () -> ListCommands.replace(call, key, new ArrayList<>(items));
        var seen = new java.util.TreeSet<byte[]>(java.util.Arrays::compareUnsigned);
        for (int i = 0; i < items.size(); i += pairs ? 2 : 1) if (!seen.add(items.get(i))) throw new BadFormat();
        if (kind == Type.ZSET) {
          var scored = scored(items);
          return () -> {
            var set = SortedSet.make(call.keys, key);
            for (var member : scored) set.put(member.member(), member.score(), null);
            set.save();
          };
        }
        return () -> {
          var collection = Collection.make(call.keys, key, kind);
          for (int i = 0; i < items.size(); i += pairs ? 2 : 1) {
            collection.put(pairs ? Collection.HASH_FIELD : Collection.SET_MEMBER, items.get(i), pairs ? items.get(i + 1) : new byte[0]);
            collection.size++;
          }
          collection.save();
        };
      }
    }
  }

  private static Type kind(int type) {
    return switch (type) {
      case LIST, LIST_ZIPLIST, LIST_QUICKLIST, LIST_QUICKLIST_2 -> Type.LIST;
      case SET, SET_INTSET -> Type.SET;
      case HASH, HASH_ZIPMAP, HASH_ZIPLIST, HASH_LISTPACK -> Type.HASH;
      case ZSET, ZSET_TEXT, ZSET_ZIPLIST, ZSET_LISTPACK -> Type.ZSET;
      default -> throw new BadFormat();
    };
  }

  private static List<byte[]> items(RdbReader in, int type) {
    return switch (type) {
      case LIST_ZIPLIST, ZSET_ZIPLIST, HASH_ZIPLIST -> PackedLists.ziplist(in.string());
      case HASH_LISTPACK, ZSET_LISTPACK -> PackedLists.listpack(in.string());
      case SET_INTSET -> PackedLists.intset(in.string());
      case HASH_ZIPMAP -> PackedLists.zipmap(in.string());
      default -> plain(in, type);
    };
  }

  private static List<byte[]> plain(RdbReader in, int type) {
    var items = new ArrayList<byte[]>();
    for (int count = in.count(); count > 0; count--) {
      switch (type) {
        case LIST_QUICKLIST -> items.addAll(PackedLists.ziplist(in.string()));
        case LIST_QUICKLIST_2 -> {
          if (in.length() == PLAIN_NODE) items.add(in.string());
          else items.addAll(PackedLists.listpack(in.string()));
        }
        case HASH -> {
          items.add(in.string());
          items.add(in.string());
        }
        case ZSET -> {
          items.add(in.string());
          items.add(score(Double.longBitsToDouble(in.littleEndian(Long.BYTES))));
        }
        case ZSET_TEXT -> {
          items.add(in.string());
          int length = in.octet();
          items.add(switch (length) {
            case 253 -> score(Double.NaN);
            case 254 -> score(Double.POSITIVE_INFINITY);
            case 255 -> score(Double.NEGATIVE_INFINITY);
            default -> in.take(length);
          });
        }
        default -> items.add(in.string());
      }
    }
    return items;
  }

  private static byte[] score(double score) {
    if (Double.isNaN(score)) throw new BadFormat();
    return Numbers.text(score).getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  private static List<SortedSet.Scored> scored(List<byte[]> items) {
    var scored = new ArrayList<SortedSet.Scored>();
    try {
      for (int i = 0; i < items.size(); i += 2) scored.add(new SortedSet.Scored(items.get(i), Numbers.real(items.get(i + 1), RedisError.NOT_FLOAT)));
    } catch (RedisError e) {
      throw new BadFormat();
    }
    return scored;
  }
}
