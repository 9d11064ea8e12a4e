package nokv.protocol.resp;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;

/** Numbers as Redis reads and writes them. */
final class Numbers {
  /** Beyond it an x87 long double, which Redis computes with, is infinite. */
  private static final int MAX_EXPONENT = 4932;

  private Numbers() {}

  /** Whether these bytes are a 64-bit integer in its only form: no plus, no leading zero, no blank. */
  static boolean isLong(byte[] text, int from, int to) {
    int digits = from;
    boolean negative = from < to && text[from] == '-';
    if (negative) digits++;
    int n = to - digits;
    if (n < 1 || n > 19) return false;
    if (text[digits] == '0') return n == 1 && !negative;
    for (int i = digits; i < to; i++) if (text[i] < '0' || text[i] > '9') return false;
    if (n < 19) return true;
    long value = toLong(text, from, to);
    return negative ? value < 0 : value >= 0;
  }

  static boolean isLong(byte[] text) {
    return isLong(text, 0, text.length);
  }

  /** The value of what {@link #isLong} accepts (or, of 19 digits, what it wraps to). */
  static long toLong(byte[] text, int from, int to) {
    boolean negative = text[from] == '-';
    long value = 0;
    for (int i = negative ? from + 1 : from; i < to; i++) value = value * 10 - (text[i] - '0');
    return negative ? value : -value;
  }

  /** @throws RedisError not an integer */
  static long integer(byte[] text) {
    return integer(text, 0, text.length, RedisError.NOT_INTEGER);
  }

  static long integer(byte[] text, RedisError otherwise) {
    return integer(text, 0, text.length, otherwise);
  }

  static long integer(byte[] text, int from, int to, RedisError otherwise) {
    if (!isLong(text, from, to)) throw otherwise;
    return toLong(text, from, to);
  }

  static byte[] bytes(long value) {
    return Long.toString(value).getBytes(StandardCharsets.ISO_8859_1);
  }

  /** A decimal fraction as C's strtold reads it. @throws RedisError not one, or one Redis cannot hold */
  static BigDecimal decimal(byte[] text, int from, int to, RedisError otherwise) {
    String written = new String(text, from, to - from, StandardCharsets.ISO_8859_1);
    if (written.isEmpty() || written.length() > 5000 || Character.isWhitespace(written.charAt(0))) throw otherwise;
    try {
      var value = new BigDecimal(written);
      if ((long) value.precision() - value.scale() > MAX_EXPONENT) throw otherwise;
      return value.precision() - (long) value.scale() < -MAX_EXPONENT ? BigDecimal.ZERO : value;
    } catch (NumberFormatException e) {
      if (infinite(written)) throw RedisError.NAN;
      throw otherwise;
    }
  }

  static boolean isInfinite(byte[] text) {
    return infinite(new String(text, StandardCharsets.ISO_8859_1));
  }

  private static boolean infinite(String written) {
    String bare = written.startsWith("-") || written.startsWith("+") ? written.substring(1) : written;
    return bare.equalsIgnoreCase("inf") || bare.equalsIgnoreCase("infinity");
  }

  /** As Redis's {@code %.17Lf} without trailing zeros. */
  static byte[] bytes(BigDecimal value) {
    BigDecimal rounded = value.setScale(17, RoundingMode.HALF_EVEN);
    String text = rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** A double as C's strtod reads it, {@code inf} included. @throws RedisError not one, or not a number */
  static double real(byte[] text, RedisError otherwise) {
    String written = new String(text, StandardCharsets.ISO_8859_1);
    if (written.isEmpty() || Character.isWhitespace(written.charAt(0)) || Character.isWhitespace(written.charAt(written.length() - 1))) throw otherwise;
    if (infinite(written)) return written.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    char last = written.charAt(written.length() - 1);
    if (last != '.' && (last < '0' || last > '9')) throw otherwise;
    try {
      return Double.parseDouble(written);
    } catch (NumberFormatException e) {
      throw otherwise;
    }
  }

  /** A double in the form of C's {@code %.17g}, as Redis 7.0 writes it. */
  static String text(double value) {
    if (Double.isInfinite(value)) return value > 0 ? "inf" : "-inf";
    if (value == 0) return 1 / value < 0 ? "-0" : "0";
    if (value == Math.rint(value) && Math.abs(value) < 1e17) return Long.toString((long) value);
    var digits = new BigDecimal(value).round(new MathContext(17, RoundingMode.HALF_EVEN)).stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    if (exponent >= -4 && exponent < 17) return digits.toPlainString();
    String unscaled = digits.unscaledValue().abs().toString();
    String mantissa = unscaled.length() == 1 ? unscaled : unscaled.charAt(0) + "." + unscaled.substring(1);
    return (value < 0 ? "-" : "") + mantissa + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
  }
}
