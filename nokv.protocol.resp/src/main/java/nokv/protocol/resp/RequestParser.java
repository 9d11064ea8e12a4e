package nokv.protocol.resp;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes requests out of a stream of bytes that arrives in any pieces: arrays of bulk strings, or inline lines as typed into telnet. One per connection, used by its
 * event loop only.
 *
 * <p>Nothing is allocated because a length says so: an argument's array starts small and doubles as its bytes arrive, the array of arguments grows likewise. Between
 * requests it holds nothing, so that an idle connection costs nothing here. A header that is here as a whole is read where it lies; one that is not gathers in {@link #line}.
 */
final class RequestParser {
  /** The longest line: an inline request, or a length. Redis's PROTO_INLINE_MAX_SIZE. */
  static final int MAX_LINE_BYTES = 64 * 1024;
  private static final int MAX_UNAUTHENTICATED_ARGUMENTS = 10;
  private static final int MAX_UNAUTHENTICATED_BYTES = 16 * 1024;
  private static final int FIRST_BULK_BYTES = 64;
  private static final int FIRST_ARGUMENTS = 16;
  /** Digits of a header that is read where it lies: all that fit an int. */
  private static final int SHORT_DIGITS = 9;
  private static final byte[] EMPTY = {};
  private static final byte[][] NO_ARGUMENTS = {};

  private final long maxBulkBytes;
  private final long maxArguments;
  private final long maxRequestBytes;

  /** Arguments still missing of the array being read; 0 = between requests. */
  private long missing;
  private byte[][] arguments = NO_ARGUMENTS;
  private int complete;
  private byte[] bulk = EMPTY;
  private long bulkLength = -1;
  private int bulkFilled;
  /** Which byte of the CRLF after a bulk string comes next. */
  private int trailer;
  private byte[] line = EMPTY;
  private int lineLength;
  private long requestBytes;
  /** Nobody who has not logged in makes the server hold much. */
  private boolean authenticated = true;

  RequestParser(long maxBulkBytes, long maxArguments, long maxRequestBytes) {
    this.maxBulkBytes = maxBulkBytes;
    this.maxArguments = maxArguments;
    this.maxRequestBytes = maxRequestBytes;
  }

  /** Whether the client has logged in, or need not; otherwise requests are small. */
  void authenticated(boolean is) {
    authenticated = is;
  }

  /** Bytes of the last request returned, as they were on the wire. */
  long requestBytes() {
    return requestBytes;
  }

  /**
   * Reads on and returns the next complete request, or null when {@code in} is used up. Empty requests are skipped, as Redis does.
   *
   * @throws ProtocolException the stream cannot be read any further
   */
  byte @Nullable [][] next(ByteBuf in) {
    while (in.isReadable()) {
      if (missing == 0) {
        byte[][] inline = first(in);
        if (inline != null) return inline;
      } else if (bulkLength < 0) {
        bulkHeader(in);
      } else if (bulkBody(in) && --missing == 0) {
        byte[][] all = arguments;
        arguments = NO_ARGUMENTS;
        return all;
      }
    }
    return null;
  }

  /** The number of a header that is here as a whole and in its usual form, which is taken then; otherwise -1, and nothing is. */
  private int shortHeader(ByteBuf in) {
    if (lineLength > 0) return -1;
    int from = in.readerIndex() + 1;
    int end = Math.min(in.writerIndex() - 1, from + SHORT_DIGITS + 1);
    int value = 0;
    for (int at = from; at < end; at++) {
      int digit = in.getByte(at) - '0';
      if (digit >= 0 && digit <= 9) {
        value = value * 10 + digit;
        continue;
      }
      boolean usual = at > from && digit == '\r' - '0' && in.getByte(at + 1) == '\n' && (in.getByte(from) != '0' || at == from + 1);
      if (!usual) return -1;
      requestBytes += at + 2 - in.readerIndex();
      in.readerIndex(at + 2);
      return value;
    }
    return -1;
  }

  /** The first line of a request: an array's header, or the request itself. */
  private byte @Nullable [][] first(ByteBuf in) {
    boolean array = (lineLength > 0 ? line[0] : in.getByte(in.readerIndex())) == '*';
    if (lineLength == 0) requestBytes = 0;
    if (array) {
      long count = shortHeader(in);
      if (count < 0) {
        if (!line(in, "too big mbulk count string")) return null;
        count = length(1);
        clearLine();
      }
      begin(count);
      return null;
    }
    if (!line(in, "too big inline request")) return null;
    List<byte[]> words = InlineWords.split(line, lineLength);
    clearLine();
    if (words == null) throw new ProtocolException("unbalanced quotes in request");
    return words.isEmpty() ? null : words.toArray(new byte[0][]);
  }

  private void begin(long count) {
    if (count == Long.MIN_VALUE || count > maxArguments) throw new ProtocolException("invalid multibulk length");
    if (count > MAX_UNAUTHENTICATED_ARGUMENTS && !authenticated) throw new ProtocolException("unauthenticated multibulk length");
    if (count <= 0) return;
    missing = count;
    complete = 0;
    arguments = new byte[(int) Math.min(count, FIRST_ARGUMENTS)][];
  }

  private void bulkHeader(ByteBuf in) {
    if (lineLength == 0 && in.getByte(in.readerIndex()) != '$') {
      throw new ProtocolException("expected '$', got '" + (char) (in.getByte(in.readerIndex()) & 0xff) + "'");
    }
    long length = shortHeader(in);
    if (length < 0) {
      if (!line(in, "too big bulk count string")) return;
      length = length(1);
      clearLine();
    }
    if (length < 0 || length > maxBulkBytes) throw new ProtocolException("invalid bulk length");
    if (length > MAX_UNAUTHENTICATED_BYTES && !authenticated) throw new ProtocolException("unauthenticated bulk length");
    requestBytes += length + 2;
    if (requestBytes > maxRequestBytes) throw new ProtocolException("request is larger than " + maxRequestBytes + " bytes");
    bulkLength = length;
    bulkFilled = 0;
    trailer = 0;
    bulk = length == 0 ? EMPTY : new byte[(int) Math.min(length, Math.max(in.readableBytes(), FIRST_BULK_BYTES))];
  }

  /** Takes what has arrived of a bulk string; true when it and its CRLF are complete. */
  private boolean bulkBody(ByteBuf in) {
    byte[] into = bulk;
    while (bulkFilled < bulkLength && in.isReadable()) {
      if (bulkFilled == into.length) {
        into = Arrays.copyOf(into, (int) Math.min(bulkLength, into.length * 2L));
        bulk = into;
      }
      int n = Math.min(in.readableBytes(), into.length - bulkFilled);
      in.readBytes(into, bulkFilled, n);
      bulkFilled += n;
    }
    if (bulkFilled < bulkLength) return false;
    while (trailer < 2 && in.isReadable()) {
      in.skipBytes(1);
      trailer++;
    }
    if (trailer < 2) return false;
    if (complete == arguments.length) arguments = Arrays.copyOf(arguments, (int) Math.min(complete + missing, complete * 2L));
    arguments[complete++] = into;
    bulk = EMPTY;
    bulkLength = -1;
    return true;
  }

  /** Collects bytes up to a newline into {@link #line}, the end of line cut off; false if it is not here yet. */
  private boolean line(ByteBuf in, String tooBig) {
    int newline = in.indexOf(in.readerIndex(), in.writerIndex(), (byte) '\n');
    int n = (newline < 0 ? in.writerIndex() : newline) - in.readerIndex();
    if ((long) lineLength + n > MAX_LINE_BYTES) throw new ProtocolException(tooBig);
    if (line.length < lineLength + n) line = Arrays.copyOf(line, Math.max(lineLength + n, Math.min(MAX_LINE_BYTES, Math.max(32, line.length * 2))));
    in.readBytes(line, lineLength, n);
    lineLength += n;
    if (newline < 0) return false;
    in.skipBytes(1);
    requestBytes += lineLength + 1L;
    if (lineLength > 0 && line[lineLength - 1] == '\r') lineLength--;
    return true;
  }

  private void clearLine() {
    lineLength = 0;
    if (line.length > 32) line = EMPTY;
  }

  /** The number in {@link #line} from {@code from}, or {@link Long#MIN_VALUE} if it is none. */
  private long length(int from) {
    return Numbers.isLong(line, from, lineLength) ? Numbers.toLong(line, from, lineLength) : Long.MIN_VALUE;
  }
}
