package nokv.protocol.resp;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Splits a line as Redis does: blanks between words, {@code "…"} with escapes as in C, {@code '…'} with only {@code \'}. */
final class InlineWords {
  private final byte[] line;
  private final int end;
  private int at;

  private InlineWords(byte[] line, int end) {
    this.line = line;
    this.end = end;
  }

  /** The words of the first {@code length} bytes of {@code line}, or null where a quote is left open or not followed by a blank. */
  static @Nullable List<byte[]> split(byte[] line, int length) {
    var splitter = new InlineWords(line, length);
    var words = new ArrayList<byte[]>();
    while (true) {
      while (splitter.at < length && blank(line[splitter.at])) splitter.at++;
      if (splitter.at == length) return words;
      byte[] word = splitter.word();
      if (word == null) return null;
      words.add(word);
    }
  }

  private byte @Nullable [] word() {
    var word = new ByteArrayOutputStream();
    while (at < end && !blank(line[at])) {
      byte b = line[at++];
      if (b == '"' || b == '\'') {
        if (!quoted(word, b)) return null;
        if (at < end && !blank(line[at])) return null;
        break;
      }
      if (b == 0) break;
      word.write(b);
    }
    return word.toByteArray();
  }

  private boolean quoted(ByteArrayOutputStream word, byte quote) {
    while (at < end) {
      byte b = line[at++];
      if (b == quote) return true;
      if (b != '\\' || at == end) {
        word.write(b);
      } else if (quote == '\'') {
        word.write(line[at] == '\'' ? line[at++] : b);
      } else if (line[at] == 'x' && at + 2 < end && hex(line[at + 1]) >= 0 && hex(line[at + 2]) >= 0) {
        word.write(hex(line[at + 1]) << 4 | hex(line[at + 2]));
        at += 3;
      } else {
        word.write(escaped(line[at++]));
      }
    }
    return false;
  }

  private static byte escaped(byte b) {
    return switch (b) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'b' -> '\b';
      case 'a' -> 7;
      default -> b;
    };
  }

  private static int hex(byte b) {
    return Character.digit(b, 16);
  }

  private static boolean blank(byte b) {
    return b == ' ' || b >= '\t' && b <= '\r';
  }
}
