package nokv.protocol.resp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import nokv.api.Entry;
import nokv.api.KeyRange;
import nokv.protocol.resp.Metadata.Type;

/**
 * DEBUG DIGEST: one number for all keys and values, the same as Redis computes for the same data. SHA-1 values are combined by exclusive or where order means nothing, and hashed together where it
 * does.
 */
final class DatasetDigest {
  private static final int BYTES = 20;
  private static final byte[] EXPIRES = "!!expire!!".getBytes(StandardCharsets.ISO_8859_1);

  private byte[] digest = new byte[BYTES];

  private DatasetDigest() {}

  private static byte[] sha1(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-1").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private DatasetDigest xor(byte[] bytes) {
    byte[] hash = sha1(bytes);
    for (int i = 0; i < BYTES; i++) digest[i] ^= hash[i];
    return this;
  }

  private DatasetDigest mix(byte[] bytes) {
    xor(bytes);
    digest = sha1(digest);
    return this;
  }

  private DatasetDigest mix(int number) {
    return mix(ByteBuffer.allocate(Integer.BYTES).putInt(number).array());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Adds what is at a key. */
  private void value(Keyspace keys, byte[] key, Entry entry) {
    Type type = Metadata.type(entry.value());
    mix(List.of(Type.STRING, Type.LIST, Type.SET, Type.ZSET, Type.HASH, Type.STREAM).indexOf(type) + (type == Type.STREAM ? 1 : 0));
    switch (type) {
      case STRING -> mix(java.util.Arrays.copyOfRange(entry.value(), Metadata.STRING_OFFSET, entry.value().length));
      case LIST -> elements(keys, key, entry, Collection.LIST_ITEM, walk -> mix(walk.value()));
      case SET -> elements(keys, key, entry, Collection.SET_MEMBER, walk -> xor(walk.element()));
      case HASH -> elements(keys, key, entry, Collection.HASH_FIELD, walk -> xor(new DatasetDigest().mix(walk.element()).mix(walk.value()).digest));
      case ZSET -> elements(keys, key, entry, Collection.ZSET_MEMBER, walk -> xor(new DatasetDigest().mix(walk.element()).mix(bytes(Numbers.text(SortedSet.score(walk.value())))).digest));
      case STREAM -> {
        for (Stream.Entry each : java.util.Objects.requireNonNull(Stream.find(keys, key)).range(StreamId.MIN, StreamId.MAX, false, -1)) {
          mix(bytes(each.id().toString().replace('-', '.')));
          each.fields().forEach(this::mix);
        }
      }
    }
    if (entry.expiryMillis() != 0) xor(EXPIRES);
  }

  private static void elements(Keyspace keys, byte[] key, Entry entry, byte kind, java.util.function.Consumer<Collection.Walk> each) {
    try (var walk = Collection.of(keys, key, entry).walk(kind)) {
      while (walk.next()) each.accept(walk);
    }
  }

  private String hex() {
    return HexFormat.of().formatHex(digest).toLowerCase(Locale.ROOT);
  }

  static void ofAll(Call call) {
    call.keys.pin();
    var all = new DatasetDigest();
    int own = call.keys.database();
    for (int db = 0; db < KeyCommands.DATABASES; db++) {
      call.keys.database(db);
      boolean empty = true;
      try (var walk = call.keys.walk(KeyRange.ALL)) {
        while (walk.next()) {
          if (empty) all.mix(db);
          empty = false;
          var one = new DatasetDigest().mix(walk.key());
          if (call.keys.entry(walk.key()) instanceof Entry entry) one.value(call.keys, walk.key(), entry);
          all.xor(one.digest);
        }
      }
    }
    call.keys.database(own);
    call.reply().simple(all.hex());
  }

  static void ofValues(Call call) {
    call.keys.pin();
    call.reply().array(call.count() - 2);
    for (int i = 2; i < call.count(); i++) {
      var one = new DatasetDigest();
      if (call.entry(i) instanceof Entry entry) one.value(call.keys, call.arg(i), entry);
      call.reply().simple(one.hex());
    }
  }
}
