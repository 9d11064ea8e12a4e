package nokv.history;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import nokv.history.Append.Outcome;
import nokv.history.Append.Put;
import nokv.history.Append.Read;
import nokv.history.Append.Step;
import nokv.history.Isolation.Level;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Goal: each anomaly is found and called by its name, and what is allowed is not. Method: the textbook's histories; and a store in memory that keeps to its promise, or breaks it on purpose. */
class IsolationTest {
  private static Call<Append> committed(long begun, long ended, Step... steps) {
    return new Call<>(begun, ended, new Append(Outcome.COMMITTED, List.of(steps)));
  }

  private static Call<Append> unknown(long begun, Step... steps) {
    return new Call<>(begun, Call.NEVER, new Append(Outcome.UNKNOWN, List.of(steps)));
  }

  private static Read read(String key, Long... values) {
    return new Read(key, List.of(values));
  }

  private static Put put(String key, long value) {
    return new Put(key, value);
  }

  @SafeVarargs @SuppressWarnings("varargs") private static void finds(String name, Level level, Call<Append>... calls) {
    String found = Isolation.violation(List.of(calls), level);
    assertTrue(found != null && found.startsWith(name + ":"), "expected " + name + ", found " + found);
  }

  @SafeVarargs @SuppressWarnings("varargs") private static void allows(Level level, Call<Append>... calls) {
    assertNull(Isolation.violation(List.of(calls), level));
  }

  @Test void whatIsAllowed() {
    allows(Level.SERIALIZABLE, committed(1, 2, put("x", 1)), committed(3, 4, read("x", 1L), put("x", 2)), committed(5, 6, read("x", 1L, 2L)));
    allows(Level.SERIALIZABLE, committed(1, 9, put("x", 1)), committed(2, 3, read("x")), committed(4, 5, read("x", 1L)));
    allows(Level.SERIALIZABLE, committed(1, 2, put("x", 1), put("x", 2), read("x", 1L, 2L)));
    allows(Level.SERIALIZABLE, unknown(1, put("x", 1)), committed(2, 3, read("x")), committed(4, 5, read("x", 1L)));
    allows(Level.SERIALIZABLE, unknown(1, put("x", 1)), committed(2, 3, read("x")), committed(4, 5, read("x")));
  }

  @Test void writeSkewIsAllowedUnderSnapshotIsolationOnly() {
    var first = committed(1, 5, read("x"), put("y", 1));
    var second = committed(2, 6, read("y"), put("x", 1));
    var later = committed(7, 8, read("x", 1L), read("y", 1L));
    allows(Level.SNAPSHOT, first, second, later);
    finds("G2", Level.SERIALIZABLE, first, second, later);
  }

  @Test void abortedAndMiddleStatesAreFound() {
    finds("G1a", Level.SNAPSHOT, new Call<>(1, 2, new Append(Outcome.ABORTED, List.of(put("x", 1)))), committed(3, 4, read("x", 1L)));
    finds("G1b", Level.SNAPSHOT, committed(1, 5, put("x", 1), put("x", 2)), committed(2, 3, read("x", 1L)));
  }

  @Test void whatNobodyWroteOrWhatIsThereTwiceIsFound() {
    finds("garbage", Level.SNAPSHOT, committed(1, 2, put("x", 1)), committed(3, 4, read("x", 7L)));
    finds("duplicate", Level.SNAPSHOT, committed(1, 2, put("x", 1)), committed(3, 4, read("x", 1L, 1L)));
    assertThrows(IllegalArgumentException.class, () -> Isolation.violation(List.of(committed(1, 2, put("x", 1)), committed(3, 4, put("x", 1))), Level.SNAPSHOT));
  }

  @Test void lostUpdatesAreFound() {
    finds("incompatible order", Level.SNAPSHOT, committed(1, 4, read("x"), put("x", 1)), committed(2, 5, read("x"), put("x", 2)), committed(6, 7, read("x", 1L)), committed(8, 9, read("x", 2L)));
    finds("G-single", Level.SNAPSHOT, committed(1, 4, read("x"), put("x", 1)), committed(2, 5, read("x"), put("x", 2)), committed(6, 7, read("x", 1L, 2L)));
    finds("G-single in real time", Level.SNAPSHOT, committed(1, 2, put("x", 1)), committed(3, 4, put("x", 2)), committed(5, 6, read("x", 1L)));
  }

  @Test void ownWritesAndRepeatedReads() {
    finds("internal", Level.SNAPSHOT, committed(1, 2, put("x", 1), read("x")));
    finds("internal", Level.SNAPSHOT, committed(1, 2, put("x", 1)), committed(3, 8, read("x"), read("x", 1L)));
  }

  @Test void cyclesOfWritesAreFound() {
    finds("G0", Level.SNAPSHOT, committed(1, 5, put("x", 1), put("y", 1)), committed(2, 6, put("x", 2), put("y", 2)), committed(7, 8, read("x", 1L, 2L)), committed(9, 10, read("y", 2L, 1L)));
    finds("G1c", Level.SNAPSHOT, committed(1, 5, put("x", 1), read("y", 2L)), committed(2, 6, put("y", 2), read("x", 1L)));
  }

  @Test void aSnapshotThatIsTornIsFound() {
    finds("G-single", Level.SNAPSHOT, committed(1, 5, put("x", 1), put("y", 1)), committed(2, 6, read("x", 1L), read("y")));
  }

  @Test void twoReadersWhoSeeTwoWritesInDifferentOrdersAreFound() {
    finds("G-nonadjacent", Level.SNAPSHOT, committed(1, 9, put("x", 1)), committed(2, 10, put("y", 1)), committed(3, 11, read("x", 1L), read("y")),
        committed(4, 12, read("x"), read("y", 1L)), committed(13, 14, read("x", 1L), read("y", 1L)));
  }

  @Test void aStaleSnapshotIsFound() {
    finds("G-single in real time", Level.SNAPSHOT, committed(1, 2, put("x", 1)), committed(3, 4, read("x")), committed(5, 6, read("x", 1L)));
    finds("G-single in real time", Level.SNAPSHOT, committed(1, 2, put("x", 1)), committed(3, 4, read("x")));
  }

  @Test void aFutureReadIsFound() {
    finds("G1c in real time", Level.SNAPSHOT, committed(1, 2, read("x", 1L)), committed(3, 4, put("x", 1)));
  }

  /** Ways in which the store in memory breaks its promise. */
  private enum Defect { NONE, NO_CONFLICT_CHECK, READS_THE_NEWEST, OLD_SNAPSHOT, LOSES_A_KEY, SAYS_ABORTED }

  private record Version(long at, List<Long> values) {}

  /** Concurrent transactions over versions in memory. */
  private static List<Call<Append>> run(long seed, Defect defect) {
    var random = new Random(seed);
    var history = new History<Append>();
    Map<String, List<Version>> store = new HashMap<>();
    var running = new ArrayList<Running>();
    long now = 0;
    for (int i = 0; i < 3000; i++) {
      if (running.size() < 5) running.add(new Running(history.begin(), defect == Defect.OLD_SNAPSHOT && random.nextInt(10) == 0 ? Math.max(0, now - 3) : now));
      var transaction = running.get(random.nextInt(running.size()));
      if (random.nextInt(4) > 0) {
        String key = "k" + random.nextInt(4);
        boolean newest = defect == Defect.READS_THE_NEWEST && random.nextInt(4) == 0;
        if (random.nextBoolean()) transaction.read(key, visible(store, key, newest ? now : transaction.snapshot));
        else transaction.put(key, i);
        continue;
      }
      running.remove(transaction);
      boolean conflict = transaction.written.keySet().stream().anyMatch(key -> !store.getOrDefault(key, List.of()).isEmpty() && store.get(key).getLast().at > transaction.snapshot);
      if (conflict && defect != Defect.NO_CONFLICT_CHECK) {
        history.ended(transaction.begun, new Append(Outcome.ABORTED, transaction.steps));
        continue;
      }
      long version = ++now;
      boolean loses = defect == Defect.LOSES_A_KEY && random.nextInt(20) == 0;
      for (var each : transaction.written.entrySet()) {
        if (loses) break;
        var values = new ArrayList<>(visible(store, each.getKey(), transaction.snapshot));
        values.addAll(each.getValue());
        store.computeIfAbsent(each.getKey(), key -> new ArrayList<>()).add(new Version(version, values));
      }
      int outcome = random.nextInt(20);
      if (outcome == 0) history.unknown(transaction.begun, new Append(Outcome.UNKNOWN, transaction.steps));
      else history.ended(transaction.begun, new Append(outcome == 1 && defect == Defect.SAYS_ABORTED ? Outcome.ABORTED : Outcome.COMMITTED, transaction.steps));
    }
    return history.calls();
  }

  private static final class Running {
    final long begun;
    final long snapshot;
    final List<Step> steps = new ArrayList<>();
    final Map<String, List<Long>> written = new HashMap<>();

    Running(long begun, long snapshot) {
      this.begun = begun;
      this.snapshot = snapshot;
    }

    void read(String key, List<Long> values) {
      var all = new ArrayList<>(values);
      all.addAll(written.getOrDefault(key, List.of()));
      steps.add(new Read(key, List.copyOf(all)));
    }

    void put(String key, long value) {
      steps.add(new Put(key, value));
      written.computeIfAbsent(key, each -> new ArrayList<>()).add(value);
    }
  }

  private static List<Long> visible(Map<String, List<Version>> store, String key, long at) {
    List<Long> found = List.of();
    for (Version version : store.getOrDefault(key, List.of())) if (version.at <= at) found = version.values;
    return found;
  }

  private static @Nullable String check(long seed, Defect defect) {
    return Isolation.violation(run(seed, defect), Level.SNAPSHOT);
  }

  @Test void aStoreThatKeepsItsPromiseIsNotAccused() {
    for (long seed = 1; seed <= 10; seed++) assertNull(check(seed, Defect.NONE), "seed " + seed);
  }

  @Test void eachWayToBreakThePromiseIsFoundInEveryRun() {
    for (Defect defect : Defect.values()) {
      if (defect == Defect.NONE) continue;
      for (long seed = 1; seed <= 5; seed++) assertTrue(check(seed, defect) != null, defect + " was not found with seed " + seed);
    }
  }
}
