package nokv.engine.local;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import nokv.api.Direction;
import nokv.api.Entry;
import nokv.api.KeyRange;
import nokv.spi.txn.FamilyKey;

/** What a store should hold: the present in a sorted map, and for every key when it last changed. */
final class Model {
  record Value(byte[] bytes, long version, long expiryMillis) {
    boolean liveAt(long millis) {
      return expiryMillis == 0 || expiryMillis > millis;
    }
  }

  private record Cleared(int family, KeyRange range, long version) {}

  private final TreeMap<FamilyKey, Value> present = new TreeMap<>();
  private final Map<FamilyKey, Long> changed = new TreeMap<>();
  private final List<Cleared> cleared = new ArrayList<>();
  long newestVersion;

  void put(FamilyKey key, byte[] value, long version, long expiryMillis) {
    present.put(key, new Value(value, version, expiryMillis));
    touch(key, version);
  }

  void delete(FamilyKey key, long version) {
    present.remove(key);
    touch(key, version);
  }

  private void touch(FamilyKey key, long version) {
    changed.merge(key, version, Math::max);
    newestVersion = Math.max(newestVersion, version);
  }

  void deleteRange(int family, KeyRange range, long version) {
    for (FamilyKey key : List.copyOf(within(present, family, range).keySet())) {
      present.remove(key);
      touch(key, version);
    }
    cleared.add(new Cleared(family, range, version));
    newestVersion = Math.max(newestVersion, version);
  }

  /** The present, for later. */
  TreeMap<FamilyKey, Value> copy() {
    return new TreeMap<>(present);
  }

  boolean changedAfter(FamilyKey key, long version) {
    if (changed.getOrDefault(key, 0L) > version) return true;
    for (Cleared range : cleared) if (range.version > version && range.family == key.family() && range.range.contains(key.key())) return true;
    return false;
  }

  /** Whether a key of the range that is or was there changed. */
  boolean changedAfter(int family, KeyRange range, long version) {
    for (var entry : changed.entrySet()) {
      if (entry.getKey().family() == family && range.contains(entry.getKey().key()) && changedAfter(entry.getKey(), version)) return true;
    }
    return false;
  }

  static NavigableMap<FamilyKey, Value> within(TreeMap<FamilyKey, Value> state, int family, KeyRange range) {
    byte[] end = range.end();
    return state.subMap(new FamilyKey(family, range.start()), true, end == null ? new FamilyKey(family + 1, new byte[0]) : new FamilyKey(family, end), false);
  }

  /** What a scan should give. */
  static List<Entry> scan(TreeMap<FamilyKey, Value> state, int family, KeyRange range, Direction direction, long millis) {
    var entries = new ArrayList<Entry>();
    within(state, family, range).forEach((key, value) -> {
      if (value.liveAt(millis)) entries.add(new Entry(key.key(), value.bytes, value.version, value.expiryMillis));
    });
    return direction == Direction.FORWARD ? entries : entries.reversed();
  }
}
