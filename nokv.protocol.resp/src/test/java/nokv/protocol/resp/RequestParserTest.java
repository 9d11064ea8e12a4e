package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RequestParserTest {
  private static final long MAX_BULK = 1 << 20;

  private static RequestParser parser() {
    return new RequestParser(MAX_BULK, 1024, 4 << 20);
  }

  /** Goal: where the stream is cut makes no difference. Method: random requests, cut at random, read back. */
  @Test void requestsAreTheSameHoweverTheyAreSplit() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    for (int round = 0; round < 300; round++) {
      var sent = new ArrayList<byte[][]>();
      var wire = new ByteArrayOutputStream();
      for (int i = random.nextInt(1, 8); i > 0; i--) sent.add(write(random, wire));
      var parser = parser();
      var read = new ArrayList<byte[][]>();
      byte[] bytes = wire.toByteArray();
      for (int at = 0; at < bytes.length; ) {
        int n = Math.min(bytes.length - at, random.nextInt(4) == 0 ? 1 : random.nextInt(1, 5000));
        drain(parser, Arrays.copyOfRange(bytes, at, at + n), read);
        at += n;
      }
      assertEquals(sent.size(), read.size(), "seed " + seed + ", round " + round);
      for (int i = 0; i < sent.size(); i++) assertArrayEquals(sent.get(i), read.get(i), "seed " + seed + ", round " + round);
    }
  }

  private static byte[][] write(SplittableRandom random, ByteArrayOutputStream wire) {
    var args = new byte[random.nextInt(1, 6)][];
    boolean inline = random.nextInt(4) == 0;
    for (int i = 0; i < args.length; i++) {
      args[i] = new byte[inline ? random.nextInt(1, 40) : random.nextInt(5) == 0 ? random.nextInt(60_000) : random.nextInt(40)];
      random.nextBytes(args[i]);
      if (inline) for (int j = 0; j < args[i].length; j++) args[i][j] = (byte) ('a' + (args[i][j] & 15));
    }
    if (!inline) wire.writeBytes(("*" + args.length + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    for (byte[] arg : args) {
      if (inline) {
        wire.writeBytes(arg);
        wire.write(' ');
      } else {
        wire.writeBytes(("$" + arg.length + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        wire.writeBytes(arg);
        wire.writeBytes(new byte[] {'\r', '\n'});
      }
    }
    if (inline) wire.writeBytes(new byte[] {'\r', '\n'});
    return args;
  }

  private static void drain(RequestParser parser, byte[] bytes, List<byte[][]> into) {
    ByteBuf in = Unpooled.wrappedBuffer(bytes);
    for (byte[][] args; (args = parser.next(in)) != null; ) into.add(args);
    assertEquals(0, in.readableBytes());
  }

  /** Goal: no input does anything but give requests or end in a protocol error. Method: damage valid streams at random. */
  @Test void hostileInputGivesRequestsOrAProtocolError() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    int refused = 0;
    for (int round = 0; round < 5000; round++) {
      var wire = new ByteArrayOutputStream();
      for (int i = random.nextInt(1, 4); i > 0; i--) write(random, wire);
      byte[] bytes = Arrays.copyOf(wire.toByteArray(), Math.min(wire.size(), 300));
      for (int i = random.nextInt(1, 5); i > 0; i--) bytes[random.nextInt(bytes.length)] = (byte) (random.nextBoolean() ? "*$\r\n-0123456789\"'\\ ".charAt(random.nextInt(19)) : random.nextInt());
      try {
        drain(parser(), bytes, new ArrayList<>());
      } catch (ProtocolException e) {
        refused++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed + ", round " + round + ": " + java.util.HexFormat.of().formatHex(bytes), e);
      }
    }
    assertTrue(refused > 0, "nothing was damaged enough; seed " + seed);
  }

  @Test void aClaimedLengthAllocatesNothing() {
    var parser = new RequestParser(512L << 20, Integer.MAX_VALUE, 4L << 30);
    long before = allocated();
    for (int i = 0; i < 100; i++) {
      parser = new RequestParser(512L << 20, Integer.MAX_VALUE, 4L << 30);
      drain(parser, "*2147483647\r\n$536870912\r\nabc".getBytes(StandardCharsets.ISO_8859_1), new ArrayList<>());
    }
    assertTrue(allocated() - before < 100 * 64 * 1024, "allocated " + (allocated() - before));
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }

  @ParameterizedTest @ValueSource(ints = {RequestParser.MAX_LINE_BYTES + 1, 200_000})
  void linesThatNeverEndAreRefused(int length) {
    byte[] endless = new byte[length];
    Arrays.fill(endless, (byte) '1');
    assertEquals("ERR Protocol error: too big inline request", refusal(endless));
    endless[0] = '*';
    assertEquals("ERR Protocol error: too big mbulk count string", refusal(endless));
    byte[] bulk = Arrays.copyOf("*1\r\n$".getBytes(StandardCharsets.ISO_8859_1), length + 5);
    Arrays.fill(bulk, 5, bulk.length, (byte) '1');
    assertEquals("ERR Protocol error: too big bulk count string", refusal(bulk));
  }

  @ParameterizedTest @ValueSource(strings = {"*1025\r\n", "*2147483648\r\n", "*99999999999999999999\r\n", "*1x\r\n", "*\r\n", "* 1\r\n", "*+1\r\n"})
  void arrayLengthsOutOfRangeAreRefused(String wire) {
    assertEquals("ERR Protocol error: invalid multibulk length", refusal(wire.getBytes(StandardCharsets.ISO_8859_1)));
  }

  @ParameterizedTest @ValueSource(strings = {"$1048577\r\n", "$-1\r\n", "$x\r\n", "$\r\n", "$99999999999999999999\r\n", "$-9223372036854775808\r\n"})
  void bulkLengthsOutOfRangeAreRefused(String wire) {
    assertEquals("ERR Protocol error: invalid bulk length", refusal(("*1\r\n" + wire).getBytes(StandardCharsets.ISO_8859_1)));
  }

  @Test void aRequestLargerThanItsLimitIsRefusedBeforeItHasArrived() {
    String header = "$" + MAX_BULK + "\r\n";
    var wire = new StringBuilder("*5\r\n");
    for (int i = 0; i < 4; i++) wire.append(header).append("x".repeat((int) MAX_BULK)).append("\r\n");
    assertTrue(refusal(wire.toString().getBytes(StandardCharsets.ISO_8859_1)).startsWith("ERR Protocol error: request is larger than"));
  }

  private static String refusal(byte[] wire) {
    return assertThrows(ProtocolException.class, () -> drain(parser(), wire, new ArrayList<>())).text();
  }
}
