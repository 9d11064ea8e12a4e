package nokv.protocol.resp;

/** The CRC-64 of Redis's dumps ("Jones", reflected, nothing inverted): {@code "123456789"} gives e9c6d914c4b8d9ca. */
final class Crc64 {
  private static final long REFLECTED_POLYNOMIAL = 0x95AC9329AC4BC9B5L;
  private static final long[] TABLE = new long[256];

  static {
    for (int i = 0; i < TABLE.length; i++) {
      long crc = i;
      for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >>> 1 ^ REFLECTED_POLYNOMIAL : crc >>> 1;
      TABLE[i] = crc;
    }
  }

  private Crc64() {}

  static long of(byte[] bytes, int length) {
    long crc = 0;
    for (int i = 0; i < length; i++) crc = TABLE[(int) (crc ^ bytes[i]) & 0xff] ^ crc >>> 8;
    return crc;
  }
}
