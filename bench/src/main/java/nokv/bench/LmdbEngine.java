package nokv.bench;

import static java.nio.ByteBuffer.allocateDirect;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.GetOp;
import org.lmdbjava.Txn;

/** LMDB through lmdbjava. Without sync it runs with MDB_NOSYNC, which is weaker than a log: after a power loss the file may be broken. */
final class LmdbEngine implements Engine {
  private static final long MAP_BYTES = 32L << 30;
  private final Env<ByteBuffer> env;
  private final Dbi<ByteBuffer> db;
  private final ThreadLocal<ByteBuffer> keyBuffer = ThreadLocal.withInitial(() -> allocateDirect(511));
  private final ThreadLocal<ByteBuffer> valueBuffer = ThreadLocal.withInitial(() -> allocateDirect(1 << 17));

  LmdbEngine(Path directory, boolean sync) {
    var builder = Env.create().setMapSize(MAP_BYTES).setMaxReaders(64).setMaxDbs(1);
    env = sync ? builder.open(directory.toFile(), EnvFlags.MDB_NORDAHEAD) : builder.open(directory.toFile(), EnvFlags.MDB_NOSYNC, EnvFlags.MDB_NORDAHEAD);
    db = env.openDbi("bench", DbiFlags.MDB_CREATE);
  }

  private static ByteBuffer fill(ThreadLocal<ByteBuffer> buffers, byte[] bytes) {
    ByteBuffer buffer = buffers.get();
    buffer.clear().put(bytes).flip();
    return buffer;
  }

  private static byte[] copy(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  @Override public void put(byte[] key, byte[] value) {
    db.put(fill(keyBuffer, key), fill(valueBuffer, value));
  }

  @Override public byte @Nullable [] get(byte[] key) {
    try (Txn<ByteBuffer> txn = env.txnRead()) {
      ByteBuffer found = db.get(txn, fill(keyBuffer, key));
      return found == null ? null : copy(found);
    }
  }

  @Override public void delete(byte[] key) {
    db.delete(fill(keyBuffer, key));
  }

  @Override public void putBatch(byte[][] keys, byte[][] values) {
    try (Txn<ByteBuffer> txn = env.txnWrite()) {
      for (int i = 0; i < keys.length; i++) db.put(txn, fill(keyBuffer, keys[i]), fill(valueBuffer, values[i]));
      txn.commit();
    }
  }

  @Override public int scan(byte[] start, int count, Entries entries) {
    int seen = 0;
    try (Txn<ByteBuffer> txn = env.txnRead(); var cursor = db.openCursor(txn)) {
      for (boolean valid = cursor.get(fill(keyBuffer, start), GetOp.MDB_SET_RANGE); valid && seen < count; valid = cursor.next()) {
        entries.entry(copy(cursor.key()), copy(cursor.val()));
        seen++;
      }
    }
    return seen;
  }

  @Override public void settle() {
    env.sync(true);
  }

  @Override public void close() {
    env.close();
  }
}
