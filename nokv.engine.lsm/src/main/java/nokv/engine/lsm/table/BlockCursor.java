package nokv.engine.lsm.table;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Walks the entries of one block after another, both ways. Not thread-safe. */
final class BlockCursor {
  private @Nullable Block block;
  private byte[] key = new byte[64];
  private MemorySegment keySegment = MemorySegment.ofArray(key);
  private int keyLength;
  private int entryAt;
  private int nextAt;
  private int valueAt;
  private int valueLength;
  private int run;
  private boolean valid;

  /** Takes another block, or none; stands on no entry then. */
  void reset(@Nullable Block next) {
    block = next;
    valid = false;
  }

  boolean valid() {
    return valid;
  }

  MemorySegment keySegment() {
    return keySegment;
  }

  int keyLength() {
    return keyLength;
  }

  boolean isAtUserKey(byte[] internalKey, int length) {
    return keyLength == length && Arrays.equals(key, 0, length - InternalKey.TRAILER_BYTES, internalKey, 0, length - InternalKey.TRAILER_BYTES);
  }

  long version() {
    return InternalKey.version(key, keyLength);
  }

  long sequence() {
    return InternalKey.sequence(key, keyLength);
  }

  MemorySegment valueSegment() {
    return block().segment;
  }

  int valueOffset() {
    return valueAt;
  }

  int valueLength() {
    return valueLength;
  }

  private Block block() {
    if (block == null) throw new IllegalStateException("no block");
    return block;
  }

  boolean first() {
    if (block().restarts == 0) return valid = false;
    toRestart(0);
    return step();
  }

  boolean last() {
    if (block().restarts == 0) return valid = false;
    toRestart(block().restarts - 1);
    while (step() && nextAt < block().limit) { /* on to the last entry */ }
    return valid;
  }

  boolean seek(byte[] target) {
    if (block().restarts == 0) return valid = false;
    toRestart(block().lastRestartBefore(target, target.length, false));
    while (step()) if (InternalKey.compare(target, target.length, key, 0, keyLength) <= 0) return true;
    return false;
  }

  boolean seekForPrev(byte[] target) {
    if (block().restarts == 0) return valid = false;
    toRestart(block().lastRestartBefore(target, target.length, true));
    while (step()) {
      if (InternalKey.compare(target, target.length, key, 0, keyLength) < 0) return prev();
    }
    return last();
  }

  boolean next() {
    return step();
  }

  boolean prev() {
    int before = entryAt;
    while (block().restart(run) >= before) {
      if (run == 0) return valid = false;
      run--;
    }
    toRestart(run);
    while (step() && nextAt < before) { /* on to the entry before */ }
    return valid;
  }

  private void toRestart(int restart) {
    run = restart;
    nextAt = block().restart(restart);
  }

  /** Reads the entry at {@code nextAt}, whose shared part is in the key. */
  private boolean step() {
    Block b = block();
    int at = nextAt;
    if (at >= b.limit) return valid = false;
    entryAt = at;
    if (run + 1 < b.restarts && at >= b.restart(run + 1)) run++;
    byte[] bytes = b.bytes;
    int shared = bytes[at++];
    if (shared < 0) {
      shared = (int) Varint.get(bytes, at - 1);
      at += Varint.bytes(shared) - 1;
    }
    int unshared = bytes[at++];
    if (unshared < 0) {
      unshared = (int) Varint.get(bytes, at - 1);
      at += Varint.bytes(unshared) - 1;
    }
    int length = bytes[at++];
    if (length < 0) {
      length = (int) Varint.get(bytes, at - 1);
      at += Varint.bytes(length) - 1;
    }
    int copied = unshared + InternalKey.TRAILER_BYTES;
    if (key.length < shared + copied) {
      key = Arrays.copyOf(key, Math.max(2 * key.length, shared + copied));
      keySegment = MemorySegment.ofArray(key);
    }
    System.arraycopy(bytes, at, key, shared, copied);
    keyLength = shared + copied;
    valueAt = at + copied;
    valueLength = length;
    nextAt = valueAt + length;
    return valid = true;
  }
}
