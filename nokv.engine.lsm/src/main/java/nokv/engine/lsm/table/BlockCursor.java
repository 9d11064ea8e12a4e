package nokv.engine.lsm.table;

import org.jspecify.annotations.Nullable;

/** Walks the entries of one block after another, both ways. Not thread-safe. */
final class BlockCursor {
  private @Nullable Block block;
  private final Entry entry;
  private int entryAt;
  private int nextAt;
  private int run;
  private boolean valid;

  BlockCursor() {
    this(new Entry());
  }

  /** @param entry to be set to each entry it comes to */
  BlockCursor(Entry entry) {
    this.entry = entry;
  }

  /** Takes another block, or none; stands on no entry then. */
  void reset(@Nullable Block next) {
    block = next;
    valid = false;
  }

  boolean valid() {
    return valid;
  }

  Entry entry() {
    return entry;
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
    while (step()) if (entry.compareTo(target, target.length) >= 0) return true;
    return false;
  }

  boolean seekForPrev(byte[] target) {
    if (block().restarts == 0) return valid = false;
    toRestart(block().lastRestartBefore(target, target.length, true));
    while (step()) {
      if (entry.compareTo(target, target.length) > 0) return prev();
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
    entry.setKey(shared, bytes, at, copied);
    entry.setValue(b.segment, at + copied, length);
    nextAt = at + copied + length;
    return valid = true;
  }
}
