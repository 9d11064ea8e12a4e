package nokv.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Goal: the checker complains exactly where no order of the operations explains what was seen. Method: histories known to be good or bad; and all orders tried, on small random ones. */
class LinearizabilityTest {
  private static Call<Register> write(long begun, long ended, Object value) {
    return new Call<>(begun, ended, new Register.Write("k", value));
  }

  private static Call<Register> read(long begun, long ended, @Nullable Object value) {
    return new Call<>(begun, ended, new Register.Read("k", value));
  }

  private static Call<Register> exchange(long begun, long ended, @Nullable Object expected, Object next, boolean done) {
    return new Call<>(begun, ended, new Register.Exchange("k", expected, next, done));
  }

  @SafeVarargs @SuppressWarnings("varargs") private static @Nullable String check(Call<Register>... calls) {
    return Linearizability.violation(List.of(calls), Register::key, Register.MODEL);
  }

  @Test void aReadSeesTheLastWriteOrOneThatOverlapsIt() {
    assertNull(check(write(1, 2, "a"), read(3, 4, "a")));
    assertNull(check(write(1, 2, "a"), write(3, 6, "b"), read(4, 5, "a")));
    assertNull(check(write(1, 2, "a"), write(3, 6, "b"), read(4, 5, "b")));
    assertNull(check(read(1, 2, null), write(3, 4, "a")));
  }

  @Test void aStaleReadIsFound() {
    assertNotNull(check(write(1, 2, "a"), write(3, 4, "b"), read(5, 6, "a")));
    assertNotNull(check(write(1, 2, "a"), read(3, 4, null)));
  }

  @Test void aReadThatGoesBackIsFoundThoughTheWriteGoesOn() {
    assertNotNull(check(write(1, 2, "a"), write(3, 10, "b"), read(4, 5, "b"), read(6, 7, "a")));
    assertNull(check(write(1, 2, "a"), write(3, 10, "b"), read(4, 7, "b"), read(5, 6, "a")));
  }

  @Test void aValueThatNobodyWroteIsFound() {
    String found = check(write(1, 2, "a"), read(3, 4, "z"));
    assertTrue(found != null && found.contains("k is not linearizable") && found.contains("z"), found);
  }

  @Test void twoExchangesOfOneValueAreFound() {
    assertNotNull(check(exchange(1, 4, null, "a", true), exchange(2, 3, null, "b", true)));
    assertNull(check(exchange(1, 4, null, "a", true), exchange(2, 3, null, "b", false)));
    assertNull(check(exchange(1, 4, null, "a", true), exchange(2, 3, "a", "b", true)));
    assertNotNull(check(write(1, 2, "a"), exchange(3, 4, "a", "b", false)));
  }

  @Test void anUnknownWriteMayHappenLateOrNever() {
    assertNull(check(write(1, Call.NEVER, "a"), read(2, 3, null), read(4, 5, null)));
    assertNull(check(write(1, Call.NEVER, "a"), read(2, 3, null), read(4, 5, "a")));
    assertNotNull(check(write(1, Call.NEVER, "a"), read(2, 3, "a"), read(4, 5, null)));
    assertNotNull(check(read(1, 2, "a"), write(3, Call.NEVER, "a")));
    assertNull(check(write(1, 2, "a"), exchange(3, Call.NEVER, "a", "b", false), read(4, 5, "a"), read(6, 7, "b")));
  }

  @Test void keysAreIndependent() {
    var calls = new ArrayList<Call<Register>>();
    for (int i = 0; i < 50; i++) {
      calls.add(new Call<>(10 * i + 1, 10 * i + 4, new Register.Write("k" + i % 7, i)));
      calls.add(new Call<>(10 * i + 5, 10 * i + 6, new Register.Read("k" + i % 7, i)));
    }
    assertNull(Linearizability.violation(calls, Register::key, Register.MODEL));
    calls.add(new Call<>(1001, 1002, new Register.Read("k3", 3)));
    assertTrue(Linearizability.violation(calls, Register::key, Register.MODEL).startsWith("k3"));
  }

  @Test void agreesWithTryingAllOrders() {
    int bad = 0;
    for (long seed = 0; seed < 3000; seed++) {
      var history = random(new Random(seed));
      String found = Linearizability.violation(history, Register::key, Register.MODEL);
      boolean explained = explained(history, Register.MODEL.initial(), Long.MIN_VALUE);
      assertEquals(explained, found == null, () -> history + ": " + found);
      if (!explained) bad++;
    }
    assertTrue(bad > 300 && bad < 2700, bad + " of 3000 random histories were bad");
  }

  private static List<Call<Register>> random(Random random) {
    var calls = new ArrayList<Call<Register>>();
    for (int i = 0; i < 6; i++) {
      long begun = 1 + random.nextInt(12);
      long ended = random.nextInt(6) == 0 ? Call.NEVER : begun + 1 + random.nextInt(6);
      calls.add(switch (random.nextInt(3)) {
        case 0 -> write(begun, ended, random.nextInt(3));
        case 1 -> read(begun, ended, random.nextInt(3));
        default -> exchange(begun, ended, random.nextInt(3), random.nextInt(3), random.nextBoolean());
      });
    }
    return calls;
  }

  /** Tries each that could be the next: that nothing left has ended before. @param after the greatest beginning so far */
  private static boolean explained(List<Call<Register>> left, Register.Value state, long after) {
    if (left.stream().noneMatch(Call::isKnown)) return true;
    for (var call : left) {
      if (left.stream().anyMatch(other -> other.ended() < call.begun())) continue;
      var next = Register.MODEL.after(state, call.operation(), call.isKnown());
      if (next == null) continue;
      var rest = new ArrayList<>(left);
      rest.remove(call);
      if (explained(rest, next, Math.max(after, call.begun()))) return true;
    }
    return false;
  }

  @Test void aLongHistoryOfManyClientsIsDecidedSoon() {
    var random = new Random(1);
    var history = new History<Register>();
    long[] begun = new long[16];
    Object[] pending = new Object[16];
    Object now = null;
    for (int i = 0; i < 4000; i++) {
      int client = random.nextInt(16);
      if (begun[client] == 0) {
        begun[client] = history.begin();
        pending[client] = random.nextBoolean() ? i : null;
        continue;
      }
      if (pending[client] == null) {
        history.ended(begun[client], new Register.Read("k", now));
      } else if (random.nextInt(50) == 0) {
        if (random.nextBoolean()) now = pending[client];
        history.unknown(begun[client], new Register.Write("k", pending[client]));
      } else {
        now = pending[client];
        history.ended(begun[client], new Register.Write("k", now));
      }
      begun[client] = 0;
    }
    assertNull(Linearizability.violation(history.calls(), Register::key, Register.MODEL));
  }
}
