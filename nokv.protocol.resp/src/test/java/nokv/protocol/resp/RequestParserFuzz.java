package nokv.protocol.resp;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Whether any bytes make the parser do anything but give requests or refuse the stream, the same ones however the stream is cut, or take memory because a length says so. Jazzer calls it with
 * inputs it makes up; it uses nothing of a test framework, so that it can be compiled apart.
 */
public final class RequestParserFuzz {
  private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  /** For each byte that has come: a line of one letter takes most, which is split into words. */
  private static final long BYTES_PER_BYTE = 256;
  private static final long BYTES_PER_PIECE = 512;
  private static final long BYTES_PER_STREAM = 64 * 1024;

  /** What it takes to load classes is no concern here. */
  static {
    for (String each : List.of("-*1\r\n$1\r\nx\r\n*2\r\n$", "-\"a\\x41\\n\" 'b'\r\n", "-*x\r\n", "-\"\r\n", "-*1\r\n$-1\r\n")) {
      byte[] data = each.getBytes(StandardCharsets.ISO_8859_1);
      for (int piece = 1; piece <= data.length; piece++) parse(data, piece);
    }
  }

  private RequestParserFuzz() {}

  /** What a stream came to. */
  private record Outcome(List<byte[][]> requests, String refusal, long allocated) {}

  /** @param data its first byte says into pieces of how many bytes the rest is cut. @throws AssertionError it is not as it should be */
  public static void fuzzerTestOneInput(byte[] data) {
    if (data.length < 2) return;
    int piece = 1 + (data[0] & 0x1f);
    Outcome whole = parse(data, data.length);
    Outcome cut = parse(data, piece);
    check(whole.refusal.equals(cut.refusal), "as a whole \"" + whole.refusal + "\", in pieces \"" + cut.refusal + "\"");
    check(Arrays.deepEquals(whole.requests.toArray(), cut.requests.toArray()), "in pieces of " + piece + " other requests than as a whole");
    long limit = BYTES_PER_STREAM + data.length * BYTES_PER_BYTE;
    check(whole.allocated <= limit, data.length + " bytes made the parser allocate " + whole.allocated);
    check(cut.allocated <= limit + data.length / piece * BYTES_PER_PIECE, data.length + " bytes in pieces of " + piece + " made the parser allocate " + cut.allocated);
  }

  private static void check(boolean is, String otherwise) {
    if (!is) throw new AssertionError(otherwise);
  }

  private static Outcome parse(byte[] data, int piece) {
    var parser = new RequestParser(512L << 20, Integer.MAX_VALUE, 4L << 30);
    var requests = new ArrayList<byte[][]>();
    String refusal = "";
    long before = THREAD.getCurrentThreadAllocatedBytes();
    try {
      for (int at = 1; at < data.length; at += piece) {
        var in = Unpooled.wrappedBuffer(data, at, Math.min(piece, data.length - at));
        for (byte[][] args; (args = parser.next(in)) != null; ) {
          check(args.length > 0, "an empty request");
          for (byte[] arg : args) Objects.requireNonNull(arg);
          requests.add(args);
        }
      }
    } catch (ProtocolException e) {
      refusal = e.text();
    }
    return new Outcome(requests, refusal, THREAD.getCurrentThreadAllocatedBytes() - before);
  }
}
