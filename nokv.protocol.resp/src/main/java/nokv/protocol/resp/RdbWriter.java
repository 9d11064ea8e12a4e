package nokv.protocol.resp;

import java.io.ByteArrayOutputStream;

/** Writes what DUMP and FUNCTION DUMP return: Redis's RDB encoding of version 10, closed by the version and a CRC-64. */
final class RdbWriter {
  static final int VERSION = 10;
  /** Bytes of version and checksum at the end. */
  static final int FOOTER_BYTES = 10;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  void type(int code) {
    out.write(code);
  }

  /** 6, 14, 32 or 64 bits, by the size of the number, which is unsigned. */
  void length(long length) {
    if (length < 0) {
      out.write(0x81);
      bigEndian(length, 8);
    } else if (length < 0x40) {
      out.write((int) length);
    } else if (length < 0x4000) {
      out.write((int) (0x40 | length >>> 8));
      out.write((int) length);
    } else if (length <= 0xffff_ffffL) {
      out.write(0x80);
      bigEndian(length, 4);
    } else {
      out.write(0x81);
      bigEndian(length, 8);
    }
  }

  void bigEndian(long value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.write((int) (value >>> shift));
  }

  void littleEndian(long value, int bytes) {
    for (int i = 0; i < bytes; i++) out.write((int) (value >>> 8 * i));
  }

  void string(byte[] bytes) {
    string(bytes, 0, bytes.length);
  }

  void string(byte[] bytes, int from, int count) {
    length(count);
    out.write(bytes, from, count);
  }

  /** Everything written, with the footer. */
  byte[] finish() {
    littleEndian(VERSION, 2);
    byte[] body = out.toByteArray();
    littleEndian(Crc64.of(body, body.length), 8);
    return out.toByteArray();
  }
}
