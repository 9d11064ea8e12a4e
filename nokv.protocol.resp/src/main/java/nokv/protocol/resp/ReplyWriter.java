package nokv.protocol.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;

/**
 * Writes replies, in RESP2 or RESP3 as the connection has chosen. What RESP2 lacks is written in its nearest form, as Redis does: a map as an array of keys and
 * values, a double as a bulk string, a truth value as an integer. Used by one thread at a time.
 */
final class ReplyWriter {
  /** A client that is owed more than this is cut. */
  static final class OutputLimitException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OutputLimitException() {
      super("output limit", null, false, false);
    }
  }

  private final ByteBuf out;
  private final long limit;
  private boolean resp3;

  ReplyWriter(ByteBuf out, long limit) {
    this.out = out;
    this.limit = limit;
  }

  ByteBuf buffer() {
    return out;
  }

  void protocol(boolean resp3) {
    this.resp3 = resp3;
  }

  boolean resp3() {
    return resp3;
  }

  int mark() {
    return out.writerIndex();
  }

  /** Takes back everything written since {@link #mark}. */
  void rewind(int mark) {
    out.writerIndex(mark);
  }

  void ok() {
    simple("OK");
  }

  void simple(String text) {
    room(text.length() + 3);
    out.writeByte('+');
    ByteBufUtil.writeUtf8(out, text);
    crlf();
  }

  /** @param text code word first, without the dash; line ends in it become blanks */
  void error(String text) {
    room(text.length() + 3);
    out.writeByte('-');
    ByteBufUtil.writeUtf8(out, text.replace('\r', ' ').replace('\n', ' '));
    crlf();
  }

  void integer(long value) {
    header(':', value);
  }

  void bulk(byte[] bytes) {
    bulk(bytes, 0, bytes.length);
  }

  void bulk(byte[] bytes, int from, int length) {
    room(length + 16L);
    header('$', length);
    out.writeBytes(bytes, from, length);
    crlf();
  }

  void bulk(String text) {
    bulk(text.getBytes(StandardCharsets.UTF_8));
  }

  void nil() {
    text(resp3 ? "_\r\n" : "$-1\r\n");
  }

  void nilArray() {
    text(resp3 ? "_\r\n" : "*-1\r\n");
  }

  void array(int size) {
    header('*', size);
  }

  void map(int size) {
    header(resp3 ? '%' : '*', resp3 ? size : 2L * size);
  }

  void set(int size) {
    header(resp3 ? '~' : '*', size);
  }

  /** RESP3 only: what is to be known of the reply that follows. */
  void attributes(int size) {
    header('|', size);
  }

  void push(int size) {
    header(resp3 ? '>' : '*', size);
  }

  void real(double value) {
    if (resp3) text("," + Numbers.text(value) + "\r\n");
    else bulk(Numbers.text(value));
  }

  /** With up to 17 places behind the point. */
  void decimal(java.math.BigDecimal value) {
    byte[] text = Numbers.bytes(value);
    if (resp3) text("," + new String(text, StandardCharsets.ISO_8859_1) + "\r\n");
    else bulk(text);
  }

  void truth(boolean value) {
    text(resp3 ? value ? "#t\r\n" : "#f\r\n" : value ? ":1\r\n" : ":0\r\n");
  }

  /** Text for people. */
  void verbatim(String text) {
    verbatim("txt", text.getBytes(StandardCharsets.UTF_8));
  }

  /** @param format of three letters; what is longer is cut */
  void verbatim(String format, byte[] bytes) {
    if (!resp3) {
      bulk(bytes);
      return;
    }
    room(bytes.length + 20L);
    header('=', bytes.length + 4L);
    text((format + "   ").substring(0, 3) + ":");
    out.writeBytes(bytes);
    crlf();
  }

  void bigNumber(String digits) {
    if (resp3) text("(" + digits + "\r\n");
    else bulk(digits);
  }

  /** A reply that is already encoded. */
  void encoded(byte[] reply) {
    room(reply.length);
    out.writeBytes(reply);
  }

  private void header(char type, long value) {
    room(24);
    out.writeByte(type);
    if (value >= 0 && value < 10) {
      out.writeByte((int) ('0' + value));
    } else if (value < 0 || value >= 1_000_000_000) {
      ByteBufUtil.writeAscii(out, Long.toString(value));
    } else {
      int digits = 1;
      for (int power = 10; digits < 9 && value >= power; power *= 10) digits++;
      int end = out.writerIndex() + digits;
      out.ensureWritable(digits);
      int rest = (int) value;
      for (int i = end - 1; i >= end - digits; i--, rest /= 10) out.setByte(i, '0' + rest % 10);
      out.writerIndex(end);
    }
    crlf();
  }

  private void text(String ascii) {
    room(ascii.length());
    ByteBufUtil.writeAscii(out, ascii);
  }

  private void crlf() {
    out.writeShort('\r' << 8 | '\n');
  }

  private void room(long bytes) {
    if (out.writerIndex() + bytes > limit) throw new OutputLimitException();
  }
}
