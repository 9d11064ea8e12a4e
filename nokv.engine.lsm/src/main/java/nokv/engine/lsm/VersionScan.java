package nokv.engine.lsm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import nokv.api.KeyRange;
import nokv.engine.lsm.table.ValueHeader;
import nokv.spi.Kind;

/** Every version of every key, upward, newest first. The versions of one key are gathered before they are given, since range deletes belong among them. */
final class VersionScan extends Scan {
  private static final Comparator<Snatched> NEWEST_FIRST = Comparator.comparingLong(Snatched::version).thenComparingLong(Snatched::sequence).reversed();

  private final ValueHeader header = new ValueHeader();
  private final List<Snatched> versions = new ArrayList<>();
  private byte[] from;
  private boolean positioned;
  private int at = -1;

  VersionScan(PointReader reader, PinnedView pin, int family, KeyRange range) {
    super(reader, pin, family, range);
    this.from = range.start();
  }

  @Override public void seek(byte[] key) {
    from = Arrays.compareUnsigned(key, range.start()) < 0 ? range.start() : key;
    positioned = false;
    versions.clear();
    at = -1;
  }

  @Override public boolean next() {
    if (!positioned) {
      positioned = true;
      moved(merged.seek(first(from)));
    }
    if (++at < versions.size()) return true;
    at = 0;
    do {
      versions.clear();
      if (!on || isBehindRange()) return false;
      holdKey();
      gather();
    } while (versions.isEmpty());
    return true;
  }

  private void gather() {
    do {
      if (entry.sequence() <= pin.sequence()) add(Snatched.from(entry, header));
    } while (moved(merged.next()) && isAtHeldKey());
    if (versions.isEmpty() || !rangeDeletes) return;
    var all = new ArrayList<>(versions);
    pin.view.forEachRangeDelete(family, heldKey(), delete -> {
      if (delete.sequence() <= pin.sequence()) all.add(Snatched.delete(delete.version(), delete.sequence()));
    });
    all.sort(NEWEST_FIRST);
    versions.clear();
    all.forEach(this::add);
  }

  /** Of entries with one version the newest PUT or DELETE hides the others. */
  private void add(Snatched next) {
    Snatched before = versions.isEmpty() ? null : versions.getLast();
    if (before == null || before.version() != next.version() || !before.isFinal()) versions.add(next);
  }

  @Override public byte[] key() {
    return heldKey();
  }

  @Override public byte[] value() {
    return versions.get(at).value(reader);
  }

  @Override public long version() {
    return versions.get(at).version();
  }

  @Override public Kind kind() {
    return versions.get(at).kind();
  }

  @Override public long startTimestamp() {
    return versions.get(at).startTimestamp();
  }

  @Override public long expiryMillis() {
    return versions.get(at).expiryMillis();
  }
}
