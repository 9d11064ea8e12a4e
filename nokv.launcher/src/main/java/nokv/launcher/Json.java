package nokv.launcher;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes a JSON tree (maps, lists, texts, numbers, booleans, null) indented by two spaces, keys in the order they come. */
public final class Json {
  private final StringBuilder out = new StringBuilder();

  private Json() {}

  public static String write(@Nullable Object tree) {
    var json = new Json();
    json.value(tree, 0);
    return json.out.toString();
  }

  private void value(@Nullable Object value, int depth) {
    switch (value) {
      case null -> out.append("null");
      case Map<?, ?> map -> {
        out.append('{');
        for (var entries = map.entrySet().iterator(); entries.hasNext(); ) {
          var entry = entries.next();
          line(depth + 1);
          text(String.valueOf(entry.getKey()));
          out.append(": ");
          value(entry.getValue(), depth + 1);
          comma(entries);
        }
        if (!map.isEmpty()) line(depth);
        out.append('}');
      }
      case List<?> list -> {
        out.append('[');
        for (var elements = list.iterator(); elements.hasNext(); ) {
          line(depth + 1);
          value(elements.next(), depth + 1);
          comma(elements);
        }
        if (!list.isEmpty()) line(depth);
        out.append(']');
      }
      case Boolean truth -> out.append(truth);
      case Double number when !Double.isFinite(number) -> out.append("null");
      case Float number when !Float.isFinite(number) -> out.append("null");
      case Number number -> out.append(number);
      default -> text(value.toString());
    }
  }

  private void line(int depth) {
    out.append('\n').append("  ".repeat(depth));
  }

  private void comma(Iterator<?> rest) {
    if (rest.hasNext()) out.append(',');
  }

  private void text(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ' || Character.isSurrogate(c) && !paired(text, i)) out.append(String.format("\\u%04x", (int) c));
          else out.append(c);
        }
      }
    }
    out.append('"');
  }

  private static boolean paired(String text, int i) {
    return Character.isHighSurrogate(text.charAt(i)) ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
        : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
  }
}
