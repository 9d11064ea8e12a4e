package nokv.engine.lsm;

import nokv.engine.lsm.table.Entry;
import nokv.engine.lsm.table.ValueHeader;
import nokv.spi.Kind;
import nokv.spi.ValuePointer;
import org.jspecify.annotations.Nullable;

/** One version, copied out of the walk so that the walk can move on. */
record Snatched(long version, long sequence, Kind kind, long startTimestamp, long expiryMillis, byte[] inline, @Nullable ValuePointer pointer) {
  private static final byte[] NOTHING = {};

  static Snatched from(Entry entry, ValueHeader header) {
    entry.header(header);
    boolean apart = header.isPointer();
    return new Snatched(entry.version(), entry.sequence(), header.kind(), header.startTimestamp(), header.expiryMillis(), apart ? NOTHING : header.value(),
        apart ? header.pointer() : null);
  }

  static Snatched delete(long version, long sequence) {
    return new Snatched(version, sequence, Kind.DELETE, 0, 0, NOTHING, null);
  }

  boolean isFinal() {
    return kind == Kind.PUT || kind == Kind.DELETE;
  }

  byte[] value(PointReader reader) {
    return pointer != null ? reader.values().read(pointer) : inline.clone();
  }
}
