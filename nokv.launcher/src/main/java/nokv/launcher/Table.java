package nokv.launcher;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes a JSON tree for people: values beside aligned names, blocks indented, a list of blocks as a table. */
final class Table {
  private final StringBuilder out = new StringBuilder();

  private Table() {}

  static String write(Map<String, ?> tree) {
    var table = new Table();
    table.block(tree, "");
    return table.out.toString();
  }

  private void block(Map<?, ?> map, String indent) {
    int width = map.entrySet().stream().filter(entry -> !nested(entry.getValue())).mapToInt(entry -> entry.getKey().toString().length()).max().orElse(0);
    map.forEach((key, value) -> {
      if (value instanceof Map<?, ?> child && !child.isEmpty()) {
        out.append(indent).append(key).append('\n');
        block(child, indent + "  ");
      } else if (value instanceof List<?> list && !list.isEmpty()) {
        out.append(indent).append(key).append('\n');
        list(list, indent + "  ");
      } else {
        out.append(indent).append(pad(key.toString(), width)).append("  ").append(cell(value)).append('\n');
      }
    });
  }

  private void list(List<?> list, String indent) {
    if (!list.stream().allMatch(Map.class::isInstance)) {
      for (Object element : list) out.append(indent).append(cell(element)).append('\n');
      return;
    }
    var columns = new LinkedHashSet<Object>();
    for (Object row : list) columns.addAll(((Map<?, ?>) row).keySet());
    var rows = new ArrayList<List<String>>();
    rows.add(columns.stream().map(Object::toString).toList());
    for (Object row : list) rows.add(columns.stream().map(column -> cell(((Map<?, ?>) row).get(column))).toList());
    for (List<String> row : rows) {
      out.append(indent);
      for (int i = 0; i < row.size(); i++) {
        int column = i;
        out.append(i == row.size() - 1 ? row.get(i) : pad(row.get(i), rows.stream().mapToInt(any -> any.get(column).length()).max().orElse(0)) + "  ");
      }
      out.append('\n');
    }
  }

  private static boolean nested(@Nullable Object value) {
    return value instanceof Map<?, ?> map && !map.isEmpty() || value instanceof List<?> list && !list.isEmpty();
  }

  private static String cell(@Nullable Object value) {
    return switch (value) {
      case null -> "-";
      case Double number -> String.format(java.util.Locale.ROOT, "%.4g", number);
      case Map<?, ?> map -> map.isEmpty() ? "-" : map.toString();
      case List<?> list -> list.isEmpty() ? "-" : String.join(" ", list.stream().map(Table::cell).toList());
      default -> value.toString();
    };
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
