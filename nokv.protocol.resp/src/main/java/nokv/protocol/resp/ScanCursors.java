package nokv.protocol.resp;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The positions behind the numbers that SCAN and its kin give out. A number stands for a position between encoded keys and is made from it, so the same position has the same
 * number. The least recently used are forgotten beyond {@value #MAX_BYTES} bytes; a scan that asks for one of those is refused, never silently cut short. Thread-safe.
 */
final class ScanCursors {
  private static final long MAX_BYTES = 4 << 20;
  private static final int ENTRY_BYTES = 96;

  private final Map<Long, byte[]> positions = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  /** The number for a position; never 0. */
  synchronized long number(byte[] position) {
    long number = hash(position);
    for (byte[] held; (held = positions.get(number)) != null; number = number + 1 & Long.MAX_VALUE) {
      if (Arrays.equals(held, position)) return number;
    }
    if (number == 0) number = 1;
    positions.put(number, position);
    bytes += position.length + ENTRY_BYTES;
    var eldest = positions.entrySet().iterator();
    while (bytes > MAX_BYTES && positions.size() > 1) {
      bytes -= eldest.next().getValue().length + ENTRY_BYTES;
      eldest.remove();
    }
    return number;
  }

  synchronized byte @Nullable [] position(long number) {
    return positions.get(number);
  }

  /** FNV-1a, 63 bits, 53 of which are kept: clients in JavaScript and Lua read numbers as doubles. */
  private static long hash(byte[] position) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : position) hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    hash = (hash ^ hash >>> 29) & (1L << 53) - 1;
    return hash == 0 ? 1 : hash;
  }
}
