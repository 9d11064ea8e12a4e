package nokv.spi;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;

/**
 * How a key is written in the config file and on the command line. Plain text is its UTF-8 bytes; {@code hex:6b31} and {@code base64:azE=} say what they are. Text that ends in {@code =} and is valid
 * base64 is read as such too, since that is how tools write binary keys; any other text stands for itself, so {@code user} is never taken for base64.
 */
public final class Keys {
  private Keys() {}

  /** @throws IllegalArgumentException the text after {@code hex:} or {@code base64:} is neither */
  public static byte[] parse(String text) {
    if (text.startsWith("hex:")) return HexFormat.of().parseHex(text, 4, text.length());
    if (text.startsWith("base64:")) return Base64.getDecoder().decode(text.substring(7));
    if (text.endsWith("=")) {
      try {
        return Base64.getDecoder().decode(text);
      } catch (IllegalArgumentException e) {
        // not base64 after all: plain text that ends in an equals sign
      }
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The key as one would write it in the file: as text where all of it is printable ASCII that reads back as the same bytes, otherwise in hex. */
  public static String format(byte[] key) {
    String text = new String(key, StandardCharsets.US_ASCII);
    boolean plain = !text.startsWith("hex:") && !text.startsWith("base64:") && !text.endsWith("=") && !text.equals("-");
    for (byte b : key) plain &= b > ' ' && b < 0x7f;
    return plain ? text : "hex:" + HexFormat.of().formatHex(key);
  }
}
