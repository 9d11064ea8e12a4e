package nokv.protocol.resp;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A HyperLogLog of 2^14 registers, in the string that Redis keeps it in:
 * <pre>
 *  0      4          5        8          16
 *  +------+----------+--------+----------+-----------+
 *  | HYLL | encoding | unused | count    | registers |
 *  +------+----------+--------+----------+-----------+
 * </pre>
 * {@code count} is the last estimate, little-endian; its highest bit says that it is out of date. Dense (0), registers have six bits each, the lowest first. Sparse (1), they are runs:
 * {@code 00nnnnnn} n + 1 zeros, {@code 01nnnnnn nnnnnnnn} n + 1 zeros, {@code 1vvvvvnn} n + 1 times v + 1. The estimate is that of Otmar Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches", arXiv:1702.01284.
 */
final class HyperLogLog {
  static final int REGISTERS = 1 << 14;
  private static final int ENCODING_OFFSET = 4;
  private static final int COUNT_OFFSET = 8;
  private static final int HEADER_BYTES = 16;
  private static final int DENSE_BYTES = HEADER_BYTES + REGISTERS * 6 / 8;
  private static final int HASH_BITS = 50;
  private static final int MAX_SPARSE_VALUE = 32;
  private static final int MAX_SPARSE_RUN = 4;
  private static final int MAX_SHORT_ZEROS = 64;
  private static final double ALPHA = 0.721347520444481703680;
  private static final RedisError NOT_ONE = new RedisError("WRONGTYPE Key is not a valid HyperLogLog string value.");
  private static final RedisError CORRUPTED = new RedisError("INVALIDOBJ Corrupted HLL object detected");

  final byte[] registers = new byte[REGISTERS];
  boolean dense;
  /** The estimate, -1 = out of date. */
  long count = -1;

  /** The one at a key. @throws RedisError what is there is none */
  static HyperLogLog of(byte @Nullable [] record) {
    var made = new HyperLogLog();
    if (record == null) return made;
    byte[] value = BitCommands.value(record);
    if (value.length < HEADER_BYTES || value[0] != 'H' || value[1] != 'Y' || value[2] != 'L' || value[3] != 'L' || value[ENCODING_OFFSET] < 0 || value[ENCODING_OFFSET] > 1) throw NOT_ONE;
    made.dense = value[ENCODING_OFFSET] == 0;
    if (made.dense && value.length != DENSE_BYTES) throw NOT_ONE;
    long count = 0;
    for (int i = 7; i >= 0; i--) count = count << 8 | value[COUNT_OFFSET + i] & 0xff;
    made.count = count < 0 ? -1 : count;
    if (made.dense) made.readDense(value);
    else made.readSparse(value);
    return made;
  }

  private void readDense(byte[] value) {
    for (int i = 0; i < REGISTERS; i++) {
      int bit = i * 6;
      int at = HEADER_BYTES + (bit >>> 3);
      int pair = value[at] & 0xff | (at + 1 < value.length ? (value[at + 1] & 0xff) << 8 : 0);
      registers[i] = (byte) (pair >>> (bit & 7) & 0x3f);
    }
  }

  private void readSparse(byte[] value) {
    int register = 0;
    for (int at = HEADER_BYTES; at < value.length; at++) {
      int code = value[at] & 0xff;
      int run;
      int fill = 0;
      if (code >= 0x80) {
        run = (code & 3) + 1;
        fill = (code >>> 2 & 0x1f) + 1;
      } else if (code < 0x40) {
        run = code + 1;
      } else {
        if (++at == value.length) throw CORRUPTED;
        run = ((code & 0x3f) << 8 | value[at] & 0xff) + 1;
      }
      if (run > REGISTERS - register) throw CORRUPTED;
      Arrays.fill(registers, register, register + run, (byte) fill);
      register += run;
    }
    if (register != REGISTERS) throw CORRUPTED;
  }

  /** The record, sparse while it may be and is not longer than that. */
  byte[] record(int maxSparseBytes) {
    byte[] body = dense ? null : sparse();
    if (body == null || HEADER_BYTES + body.length > Math.min(maxSparseBytes, DENSE_BYTES)) {
      dense = true;
      body = dense();
    }
    byte[] record = Metadata.string(HEADER_BYTES + body.length);
    int at = Metadata.STRING_OFFSET;
    record[at] = 'H';
    record[at + 1] = 'Y';
    record[at + 2] = 'L';
    record[at + 3] = 'L';
    record[at + ENCODING_OFFSET] = (byte) (dense ? 0 : 1);
    for (int i = 0; i < Long.BYTES; i++) record[at + COUNT_OFFSET + i] = (byte) ((count < 0 ? Long.MIN_VALUE : count) >>> 8 * i);
    System.arraycopy(body, 0, record, at + HEADER_BYTES, body.length);
    return record;
  }

  private byte[] dense() {
    var body = new byte[DENSE_BYTES - HEADER_BYTES];
    for (int i = 0; i < REGISTERS; i++) {
      int bit = i * 6;
      int shifted = registers[i] << (bit & 7);
      body[bit >>> 3] |= (byte) shifted;
      if ((bit & 7) > 2) body[(bit >>> 3) + 1] |= (byte) (shifted >>> 8);
    }
    return body;
  }

  /** Null where a register is too great for it. */
  private byte @Nullable [] sparse() {
    var body = new ByteArrayOutputStream();
    for (int i = 0; i < REGISTERS; ) {
      int value = registers[i];
      if (value > MAX_SPARSE_VALUE) return null;
      int end = i + 1;
      while (end < REGISTERS && registers[end] == value && (value == 0 || end - i < MAX_SPARSE_RUN)) end++;
      int run = end - i;
      if (value > 0) {
        body.write(0x80 | value - 1 << 2 | run - 1);
      } else if (run <= MAX_SHORT_ZEROS) {
        body.write(run - 1);
      } else {
        body.write(0x40 | run - 1 >>> 8);
        body.write(run - 1);
      }
      i = end;
    }
    return body.toByteArray();
  }

  /** The runs of the sparse encoding, as PFDEBUG DECODE shows them. */
  String runs() {
    var shown = new StringBuilder();
    byte[] body = java.util.Objects.requireNonNull(sparse());
    for (int at = 0; at < body.length; at++) {
      int code = body[at] & 0xff;
      if (code >= 0x80) shown.append("v:").append((code >>> 2 & 0x1f) + 1).append(',').append((code & 3) + 1);
      else if (code < 0x40) shown.append("z:").append(code + 1);
      else shown.append("Z:").append(((code & 0x3f) << 8 | body[++at] & 0xff) + 1);
      shown.append(' ');
    }
    return shown.toString().strip();
  }

  /** Whether the element changed a register. */
  boolean add(byte[] element) {
    long hash = hash(element);
    int register = (int) (hash & REGISTERS - 1);
    int zeros = Long.numberOfTrailingZeros(hash >>> 14 | 1L << HASH_BITS) + 1;
    if (registers[register] >= zeros) return false;
    registers[register] = (byte) zeros;
    count = -1;
    return true;
  }

  void merge(HyperLogLog other) {
    for (int i = 0; i < REGISTERS; i++) registers[i] = (byte) Math.max(registers[i], other.registers[i]);
    count = -1;
  }

  /** MurmurHash64A of Austin Appleby, seed 0xadc83b19. */
  private static long hash(byte[] data) {
    long m = 0xc6a4a7935bd1e995L;
    long h = 0xadc83b19L ^ data.length * m;
    int whole = data.length & ~7;
    for (int i = 0; i < whole; i += 8) {
      long k = 0;
      for (int b = 7; b >= 0; b--) k = k << 8 | data[i + b] & 0xff;
      k *= m;
      k ^= k >>> 47;
      h = (h ^ k * m) * m;
    }
    if (whole < data.length) {
      long k = 0;
      for (int i = data.length - 1; i >= whole; i--) k = k << 8 | data[i] & 0xff;
      h = (h ^ k) * m;
    }
    h ^= h >>> 47;
    h *= m;
    return h ^ h >>> 47;
  }

  long estimate() {
    if (count >= 0) return count;
    var histogram = new int[64];
    for (byte register : registers) histogram[register & 0x3f]++;
    double m = REGISTERS;
    double z = m * tau((m - histogram[HASH_BITS + 1]) / m);
    for (int i = HASH_BITS; i >= 1; i--) z = (z + histogram[i]) * 0.5;
    z += m * sigma(histogram[0] / m);
    return Math.round(ALPHA * m * m / z);
  }

  private static double sigma(double x) {
    if (x == 1) return Double.POSITIVE_INFINITY;
    double power = x;
    double y = 1;
    double z = x;
    double before;
    do {
      power *= power;
      before = z;
      z += power * y;
      y += y;
    } while (before != z);
    return z;
  }

  private static double tau(double x) {
    if (x == 0 || x == 1) return 0;
    double root = x;
    double y = 1;
    double z = 1 - x;
    double before;
    do {
      root = Math.sqrt(root);
      before = z;
      y *= 0.5;
      z -= (1 - root) * (1 - root) * y;
    } while (before != z);
    return z / 3;
  }
}
