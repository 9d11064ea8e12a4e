package nokv.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The figures of all rounds, as text, JSON and a page. The first engine is compared with each other one, round by round. */
final class Report {
  private static final String RATE = "opsPerSecond";

  private final List<String> engines;
  /** Row, then engine, then figure, then a value a round. */
  private final Map<String, Map<String, Map<String, List<Double>>>> figures = new LinkedHashMap<>();

  Report(List<String> engines) {
    this.engines = engines;
  }

  void add(String row, String engine, Map<String, Double> measured) {
    var ofEngine = figures.computeIfAbsent(row, r -> new LinkedHashMap<>()).computeIfAbsent(engine, e -> new TreeMap<>());
    measured.forEach((name, value) -> ofEngine.computeIfAbsent(name, n -> new ArrayList<>()).add(value));
  }

  private double median(String row, String engine, String figure) {
    var ofRow = figures.getOrDefault(row, Map.of());
    return median(ofRow.getOrDefault(engine, Map.of()).getOrDefault(figure, List.of()));
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    if (sorted.length == 0) return Double.NaN;
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /** The median over the rounds of the first engine's rate over the peer's in the same round. */
  private double ratio(String row, String peer) {
    var ofRow = figures.getOrDefault(row, Map.of());
    var own = ofRow.getOrDefault(engines.getFirst(), Map.of()).getOrDefault(RATE, List.of());
    var other = ofRow.getOrDefault(peer, Map.of()).getOrDefault(RATE, List.of());
    var ratios = new ArrayList<Double>();
    for (int i = 0; i < Math.min(own.size(), other.size()); i++) ratios.add(own.get(i) / other.get(i));
    return median(ratios);
  }

  private List<String> peers() {
    return engines.subList(1, engines.size());
  }

  String text(String row) {
    var text = new StringBuilder();
    text.append(String.format(Locale.ROOT, "%-17s", row));
    for (String engine : engines) {
      text.append(String.format(Locale.ROOT, "  %s %,.0f/s (p50 %.1f p99 %.1f p99.9 %.0f us, cpu %.2f us, rss %.0f MB%s%s)", engine, median(row, engine, RATE),
          median(row, engine, "p50Micros"), median(row, engine, "p99Micros"), median(row, engine, "p999Micros"), median(row, engine, "cpuMicrosPerOp"),
          median(row, engine, "peakRssBytes") / 1e6, optional(row, engine, ", written %.2f", "writtenPerUserByte"), optional(row, engine, ", disk %.2f", "diskPerLiveByte")));
    }
    for (String peer : peers()) text.append(String.format(Locale.ROOT, "  | %s/%s %.2f", engines.getFirst(), peer, ratio(row, peer)));
    if (row.equals(Row.REOPEN.label)) for (String engine : engines) text.append(String.format(Locale.ROOT, "  %s reopened in %.0f ms", engine, median(row, engine, "reopenMillis")));
    return text.toString();
  }

  private String optional(String row, String engine, String format, String figure) {
    double value = median(row, engine, figure);
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, format, value);
  }

  String json() {
    var ratios = new ArrayList<String>();
    var metrics = new ArrayList<String>();
    for (String row : figures.keySet()) {
      var peers = peers().stream().map(peer -> quoted(peer) + ": " + number(ratio(row, peer))).toList();
      ratios.add("    " + quoted(row) + ": {" + String.join(", ", peers) + "}");
      var ofEngines = new ArrayList<String>();
      for (String engine : engines) {
        var names = figures.getOrDefault(row, Map.of()).getOrDefault(engine, Map.of()).keySet();
        ofEngines.add(quoted(engine) + ": {" + String.join(", ", names.stream().map(name -> quoted(name) + ": " + number(median(row, engine, name))).toList()) + "}");
      }
      metrics.add("    " + quoted(row) + ": {" + String.join(",\n      ", ofEngines) + "}");
    }
    return "{\n  \"ratios\": {\n" + String.join(",\n", ratios) + "\n  },\n  \"metrics\": {\n" + String.join(",\n", metrics) + "\n  }\n}\n";
  }

  private static String quoted(String text) {
    return '"' + text + '"';
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "null" : String.format(Locale.ROOT, "%.4f", value);
  }

  /** A page with one bar chart a row: the rate of each engine, and its figures beneath. */
  String html() {
    var page = new StringBuilder("<!doctype html><meta charset=utf-8><title>NoKV benchmarks</title><style>body{font:14px sans-serif;max-width:60em;margin:2em auto}"
        + ".bar{background:#4a7ebb;color:#fff;padding:2px 6px;white-space:nowrap;overflow:visible}.peer{background:#999}td{padding:1px 8px}</style><h1>NoKV beside other engines</h1>"
        + "<p>Operations a second, median of the rounds; ratios are medians of the ratio within a round.</p>");
    for (String row : figures.keySet()) {
      double most = engines.stream().mapToDouble(engine -> median(row, engine, RATE)).filter(rate -> !Double.isNaN(rate)).max().orElse(1);
      page.append("<h3>").append(row).append("</h3>");
      for (String engine : engines) {
        double rate = median(row, engine, RATE);
        String style = engine.equals(engines.getFirst()) ? "bar" : "bar peer";
        page.append(String.format(Locale.ROOT, "<div class='%s' style='width:%.0f%%'>%s %,.0f/s, p99 %.1f µs, %.2f µs CPU</div>", style, Math.max(2, 100 * rate / most), engine, rate,
            median(row, engine, "p99Micros"), median(row, engine, "cpuMicrosPerOp")));
      }
      for (String peer : peers()) page.append(String.format(Locale.ROOT, "<small>%s / %s = %.2f </small>", engines.getFirst(), peer, ratio(row, peer)));
    }
    return page.append('\n').toString();
  }
}
