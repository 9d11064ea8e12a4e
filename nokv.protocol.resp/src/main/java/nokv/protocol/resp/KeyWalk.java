package nokv.protocol.resp;

import nokv.api.Cursor;

/** Walks the keys of one database in byte order, one step per key however many elements lie between. Not thread-safe; close it. */
final class KeyWalk implements AutoCloseable {
  private final Cursor cursor;
  private final int db;
  private byte[] encoded = {};
  private int terminator;

  KeyWalk(Cursor cursor, int db) {
    this.cursor = cursor;
    this.db = db;
  }

  boolean next() {
    while (cursor.next()) {
      encoded = cursor.key();
      terminator = RedisKey.terminator(encoded);
      if (RedisKey.kind(encoded, terminator) != RedisKey.KIND_METADATA) cursor.seek(RedisKey.behind(encoded, terminator));
      else if (db < 0 || RedisKey.db(encoded, terminator) == db) return true;
    }
    return false;
  }

  /** As {@link #next} for a cursor of either direction; goes through elements one by one. */
  boolean nextEitherWay() {
    while (cursor.next()) {
      encoded = cursor.key();
      terminator = RedisKey.terminator(encoded);
      if (RedisKey.kind(encoded, terminator) == RedisKey.KIND_METADATA && RedisKey.db(encoded, terminator) == db) return true;
    }
    return false;
  }

  byte[] key() {
    return RedisKey.userKey(encoded, terminator);
  }

  int database() {
    return RedisKey.db(encoded, terminator);
  }

  byte[] encoded() {
    return encoded;
  }

  byte[] record() {
    return cursor.value();
  }

  long expiryMillis() {
    return cursor.expiryMillis();
  }

  @Override public void close() {
    cursor.close();
  }
}
