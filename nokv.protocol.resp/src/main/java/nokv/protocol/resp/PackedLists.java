package nokv.protocol.resp;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import nokv.protocol.resp.RdbReader.BadFormat;

/** The small lists that Redis packs into one string: listpack, and the older ziplist, intset and zipmap. Read all, written the first. Whatever reads beyond the end is {@link BadFormat}. */
final class PackedLists {
  private static final int END = 0xff;
  private static final int LISTPACK_HEADER_BYTES = 6;

  private PackedLists() {}

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] text(long value) {
    return Long.toString(value).getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] take(ByteBuffer in, long count) {
    if (count < 0 || count > in.remaining()) throw new BadFormat();
    var bytes = new byte[(int) count];
    in.get(bytes);
    return bytes;
  }

  private static int octet(ByteBuffer in) {
    if (!in.hasRemaining()) throw new BadFormat();
    return in.get() & 0xff;
  }

  /** A number of up to eight bytes, the lowest first, with sign. */
  private static long number(ByteBuffer in, int bytes) {
    long value = 0;
    for (int i = 0; i < bytes; i++) value |= (long) octet(in) << 8 * i;
    int unused = 64 - 8 * bytes;
    return value << unused >> unused;
  }

  /** The items of a listpack; integers as text. */
  static List<byte[]> listpack(byte[] packed) {
    ByteBuffer in = little(packed);
    take(in, LISTPACK_HEADER_BYTES);
    var items = new ArrayList<byte[]>();
    while (true) {
      int from = in.position();
      int head = octet(in);
      if (head == END) return items;
      items.add(listpackItem(in, head));
      int length = in.position() - from;
      take(in, backBytes(length));
    }
  }

  private static byte[] listpackItem(ByteBuffer in, int head) {
    if (head < 0x80) return text(head);
    if (head < 0xc0) return take(in, head & 0x3f);
    if (head < 0xe0) return text(((head & 0x1f) << 8 | octet(in)) << 19 >> 19);
    if (head < 0xf0) return take(in, (head & 0xf) << 8 | octet(in));
    return switch (head) {
      case 0xf0 -> take(in, number(in, 4) & 0xffff_ffffL);
      case 0xf1 -> text(number(in, 2));
      case 0xf2 -> text(number(in, 3));
      case 0xf3 -> text(number(in, 4));
      case 0xf4 -> text(number(in, 8));
      default -> throw new BadFormat();
    };
  }

  /** How many bytes hold the length of an item behind it. */
  private static int backBytes(int length) {
    return length <= 127 ? 1 : length < 16383 ? 2 : length < 2097151 ? 3 : length < 268435455 ? 4 : 5;
  }

  /** Packs items; text that is an integer is stored as one, as readers expect of streams. */
  static byte[] listpack(List<byte[]> items) {
    var out = new ByteArrayOutputStream();
    for (byte[] item : items) {
      var entry = new ByteArrayOutputStream();
      if (Numbers.isLong(item)) {
        packInteger(entry, Numbers.toLong(item, 0, item.length));
      } else {
        if (item.length < 64) {
          entry.write(0x80 | item.length);
        } else if (item.length < 4096) {
          entry.write(0xe0 | item.length >>> 8);
          entry.write(item.length);
        } else {
          entry.write(0xf0);
          for (int i = 0; i < 4; i++) entry.write(item.length >>> 8 * i);
        }
        entry.writeBytes(item);
      }
      out.writeBytes(entry.toByteArray());
      int bytes = backBytes(entry.size());
      for (int i = bytes - 1; i >= 0; i--) out.write(entry.size() >>> 7 * i & 0x7f | (i == bytes - 1 ? 0 : 0x80));
    }
    out.write(END);
    ByteBuffer packed = little(new byte[LISTPACK_HEADER_BYTES + out.size()]);
    packed.putInt(packed.capacity()).putShort((short) Math.min(items.size(), 0xffff)).put(out.toByteArray());
    return packed.array();
  }

  private static void packInteger(ByteArrayOutputStream entry, long value) {
    if (value >= 0 && value < 128) {
      entry.write((int) value);
      return;
    }
    if (value >= -4096 && value < 4096) {
      entry.write(0xc0 | (int) (value >>> 8 & 0x1f));
      entry.write((int) value);
      return;
    }
    int bytes = value == (short) value ? 2 : value << 40 >> 40 == value ? 3 : value == (int) value ? 4 : 8;
    entry.write(bytes == 8 ? 0xf4 : 0xef + bytes);
    for (int i = 0; i < bytes; i++) entry.write((int) (value >>> 8 * i));
  }

  static List<byte[]> ziplist(byte[] packed) {
    ByteBuffer in = little(packed);
    take(in, 10);
    var items = new ArrayList<byte[]>();
    while (true) {
      int previous = octet(in);
      if (previous == END) return items;
      if (previous == 0xfe) take(in, 4);
      int head = octet(in);
      switch (head >>> 6) {
        case 0 -> items.add(take(in, head));
        case 1 -> items.add(take(in, (head & 0x3f) << 8 | octet(in)));
        case 2 -> items.add(take(in, Integer.toUnsignedLong(Integer.reverseBytes((int) number(in, 4)))));
        default -> items.add(text(switch (head) {
          case 0xc0 -> number(in, 2);
          case 0xd0 -> number(in, 4);
          case 0xe0 -> number(in, 8);
          case 0xf0 -> number(in, 3);
          case 0xfe -> number(in, 1);
          default -> {
            if (head < 0xf1 || head > 0xfd) throw new BadFormat();
            yield head - 0xf1;
          }
        }));
      }
    }
  }

  static List<byte[]> intset(byte[] packed) {
    ByteBuffer in = little(packed);
    int bytes = (int) number(in, 4);
    long count = number(in, 4);
    if (bytes != 2 && bytes != 4 && bytes != 8 || count * bytes != in.remaining()) throw new BadFormat();
    var items = new ArrayList<byte[]>();
    for (long i = 0; i < count; i++) items.add(text(number(in, bytes)));
    return items;
  }

  static List<byte[]> zipmap(byte[] packed) {
    ByteBuffer in = little(packed);
    take(in, 1);
    var items = new ArrayList<byte[]>();
    while (true) {
      int head = octet(in);
      if (head == END) return items;
      items.add(take(in, head == 0xfe ? number(in, 4) & 0xffff_ffffL : head));
      int length = octet(in);
      long bytes = length == 0xfe ? number(in, 4) & 0xffff_ffffL : length;
      int unused = octet(in);
      items.add(take(in, bytes));
      take(in, unused);
    }
  }
}
