package nokv.raftstore.txn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import nokv.raftstore.key.FamilyKey;
import nokv.raftstore.key.LockKey;
import nokv.raftstore.proto.Mutation.Op;
import org.junit.jupiter.api.Test;

class LockFormatTest {
  @Test void lockKeysSortAsUserKeysDoAndComeBack() {
    var random = new SplittableRandom(1);
    for (int i = 0; i < 20_000; i++) {
      FamilyKey a = key(random);
      FamilyKey b = key(random);
      byte[] lockA = LockKey.lock(a);
      assertEquals(Integer.signum(a.compareTo(b)), Integer.signum(Arrays.compareUnsigned(lockA, LockKey.lock(b))), a + " and " + b);
      assertEquals(new LockKey.Decoded(a, 0), LockKey.decode(lockA));
      long start = random.nextLong(1, Long.MAX_VALUE);
      assertEquals(new LockKey.Decoded(a, start), LockKey.decode(LockKey.outcome(a, start)));
      if (a.compareTo(b) >= 0) continue;
      boolean inside = Arrays.compareUnsigned(a.key(), b.key()) < 0;
      assertEquals(inside, LockKey.range(a.key(), b.key()).contains(LockKey.outcome(a, start)));
      assertTrue(!LockKey.range(a.key(), b.key()).contains(LockKey.lock(b)));
    }
  }

  private static FamilyKey key(SplittableRandom random) {
    byte[] key = new byte[random.nextInt(4)];
    for (int i = 0; i < key.length; i++) key[i] = new byte[] {0, 1, 'a', (byte) 0xff}[random.nextInt(4)];
    return new FamilyKey(random.nextInt(3), key);
  }

  @Test void locksAreAsThePageSays() {
    var lock = new Lock(Op.PUT, new FamilyKey(0, "p".getBytes()), 5, 1000, 6, true, List.of(new FamilyKey(1, "s".getBytes())), 0, "v".getBytes());
    byte[] bytes = lock.encode();
    assertEquals("0100010500000000000000e803000000000000060000000000000000000000000000000001000000700100000001010000007376", HexFormat.of().formatHex(bytes));
    Lock back = Lock.decode(bytes);
    assertEquals(lock.secondaries(), back.secondaries());
    assertEquals(lock.primary(), back.primary());
    assertArrayEquals(lock.value(), back.value());
    assertArrayEquals(bytes, back.encode());
    assertEquals(new Outcome(9), Outcome.decode(new Outcome(9).encode()));
  }
}
