package nokv.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/*
 * How transactions on lists are checked
 *
 * A list that is read tells in which order its values were put there, and that is the order of the versions which other histories hide (the idea is that of Elle: Kingsbury and Alvaro,
 * VLDB 2020). From it follow Adya's dependencies between transactions: ww, whose version comes directly after the other's; wr, who read the other's version; rw, who read the version
 * before the other's. To them comes rt: who began after the other had ended.
 *
 * Forbidden under snapshot isolation (Adya's PL-SI; Cerone and Gotsman, J.ACM 2018): reading what was rolled back (G1a) or a transaction's middle state (G1b), and cycles in which no two rw
 * follow each other: only ww (G0), ww and wr (G1c), one rw (G-single), several (G-nonadjacent). Serializable, no cycle at all (G2). Cycles that need rt are named so: each transaction of
 * theirs is isolated, but one is placed in the past of its client.
 *
 * A transaction whose outcome is unknown was committed if anybody has seen something of it; otherwise it takes no part.
 */

/** Whether transactions on lists were isolated as promised. */
public final class Isolation {
  /** What was promised. Both in real time: whoever begins after another has ended sees it. */
  public enum Level { SNAPSHOT, SERIALIZABLE }

  private enum Kind { WW, WR, RW, RT }

  private record Edge(int from, int to, Kind kind, String key) {}

  /** Where a value was put. @param last whether its transaction put nothing behind it */
  private record Origin(int transaction, boolean last) {}

  /** A list as a transaction found it. */
  private record Found(int transaction, List<Long> values) {}

  private final List<Call<Append>> calls;
  private final Map<String, Map<Long, Origin>> origins = new HashMap<>();
  private final Map<String, List<Found>> reads = new TreeMap<>();
  private final Set<Edge> edges = new HashSet<>();
  /** Those that took place. */
  private final Set<Integer> present = new HashSet<>();
  private int nodes;

  private Isolation(List<Call<Append>> calls) {
    this.calls = calls;
    nodes = calls.size();
  }

  /** What is wrong, its name first; null = nothing. */
  public static @Nullable String violation(List<Call<Append>> history, Level level) {
    return new Isolation(history).violation(level);
  }

  private @Nullable String violation(Level level) {
    for (int i = 0; i < calls.size(); i++) {
      var found = gather(i);
      if (found != null) return found;
    }
    for (var key : reads.entrySet()) {
      var found = order(key.getKey(), key.getValue());
      if (found != null) return found;
    }
    for (var key : reads.entrySet()) connect(key.getKey(), key.getValue());
    realTime();
    return cycles(level);
  }

  // What was put and found

  private @Nullable String gather(int transaction) {
    Append append = calls.get(transaction).operation();
    boolean committed = append.outcome() == Append.Outcome.COMMITTED;
    if (committed) present.add(transaction);
    var own = new HashMap<String, List<Long>>();
    var before = new HashMap<String, List<Long>>();
    for (Append.Step step : append.steps()) {
      var mine = own.computeIfAbsent(step.key(), key -> new ArrayList<>());
      switch (step) {
        case Append.Put put -> mine.add(put.value());
        case Append.Read read -> {
          if (!committed) continue;
          int others = read.values().size() - mine.size();
          if (others < 0 || !read.values().subList(others, read.values().size()).equals(mine)) return "internal: a transaction does not read its own writes: " + calls.get(transaction);
          var found = List.copyOf(read.values().subList(0, others));
          var earlier = before.putIfAbsent(read.key(), found);
          if (earlier == null) reads.computeIfAbsent(read.key(), key -> new ArrayList<>()).add(new Found(transaction, found));
          else if (!earlier.equals(found)) return "internal: two reads of one transaction differ: " + calls.get(transaction);
        }
      }
    }
    own.forEach((key, values) -> {
      for (int i = 0; i < values.size(); i++) {
        var other = origins.computeIfAbsent(key, each -> new HashMap<>()).put(values.get(i), new Origin(transaction, i == values.size() - 1));
        if (other != null) throw new IllegalArgumentException(values.get(i) + " was appended to " + key + " twice; such a history cannot be checked");
      }
    });
    return null;
  }

  /** All reads of a key must be beginnings of the longest, and of what took place. */
  private @Nullable String order(String key, List<Found> found) {
    found.sort(Comparator.comparingInt(each -> each.values.size()));
    var longest = found.getLast();
    if (new HashSet<>(longest.values).size() < longest.values.size()) return "duplicate: a value of " + key + " stands twice in " + calls.get(longest.transaction);
    for (long value : longest.values) {
      var origin = origin(key, value);
      if (origin == null) return "garbage: nobody has appended " + value + " to " + key + ", but it is there in " + calls.get(longest.transaction);
    }
    for (Found each : found) {
      if (!longest.values.subList(0, each.values.size()).equals(each.values)) {
        return "incompatible order: of " + key + " neither of two reads is the beginning of the other\n  " + calls.get(each.transaction) + "\n  " + calls.get(longest.transaction);
      }
      var wrong = wrong(key, each);
      if (wrong != null) return wrong;
    }
    return null;
  }

  private @Nullable String wrong(String key, Found found) {
    for (long value : found.values) {
      var origin = origin(key, value);
      if (origin == null) continue;
      if (calls.get(origin.transaction).operation().outcome() == Append.Outcome.ABORTED) {
        return "G1a: what was rolled back is read\n  " + calls.get(origin.transaction) + "\n  " + calls.get(found.transaction);
      }
      present.add(origin.transaction);
    }
    if (found.values.isEmpty()) return null;
    var last = origin(key, found.values.getLast());
    if (last != null && !last.last) return "G1b: a transaction's middle state is read\n  " + calls.get(last.transaction) + "\n  " + calls.get(found.transaction);
    return null;
  }

  private @Nullable Origin origin(String key, long value) {
    return origins.getOrDefault(key, Map.of()).get(value);
  }

  // Dependencies

  private void connect(String key, List<Found> found) {
    var order = found.getLast().values;
    var writers = order.stream().map(value -> Objects.requireNonNull(origin(key, value)).transaction).toList();
    for (int i = 1; i < order.size(); i++) edge(writers.get(i - 1), writers.get(i), Kind.WW, key);
    var unseen = new HashSet<Integer>();
    origins.getOrDefault(key, Map.of()).forEach((value, origin) -> {
      if (present.contains(origin.transaction) && !order.contains(value)) unseen.add(origin.transaction);
    });
    for (Found each : found) {
      int size = each.values.size();
      if (size > 0) edge(writers.get(size - 1), each.transaction, Kind.WR, key);
      // Behind the reader's own version comes the next of another.
      int next = size;
      while (next < order.size() && writers.get(next) == each.transaction) next++;
      if (next < order.size()) edge(each.transaction, writers.get(next), Kind.RW, key);
      else for (int writer : unseen) edge(each.transaction, writer, Kind.RW, key);
    }
  }

  private void edge(int from, int to, Kind kind, String key) {
    if (from != to) edges.add(new Edge(from, to, kind, key));
  }

  /** A chain of moments, one for each end, lies between those who ended before and those who began after. */
  private void realTime() {
    var ended = new ArrayList<>(present.stream().filter(transaction -> calls.get(transaction).isKnown()).toList());
    ended.sort(Comparator.comparingLong(transaction -> calls.get(transaction).ended()));
    var began = new ArrayList<>(present);
    began.sort(Comparator.comparingLong(transaction -> calls.get(transaction).begun()));
    int first = nodes;
    nodes += ended.size();
    for (int i = 0; i < ended.size(); i++) {
      edge(ended.get(i), first + i, Kind.RT, "");
      if (i > 0) edge(first + i - 1, first + i, Kind.RT, "");
    }
    int before = 0;
    for (int transaction : began) {
      while (before < ended.size() && calls.get(ended.get(before)).ended() < calls.get(transaction).begun()) before++;
      if (before > 0) edge(first + before - 1, transaction, Kind.RT, "");
    }
  }

  // Cycles

  private @Nullable String cycles(Level level) {
    var time = EnumSet.of(Kind.WW, Kind.WR, Kind.RT);
    for (var kinds : List.of(EnumSet.of(Kind.WW), EnumSet.of(Kind.WW, Kind.WR), time)) {
      var found = explain(cycle(kinds), kinds);
      if (found != null) return found;
    }
    for (var kinds : List.of(EnumSet.of(Kind.WW, Kind.WR), time)) {
      var found = explain(cycleWithLoneRw(kinds), kinds);
      if (found != null) return found;
    }
    var all = EnumSet.allOf(Kind.class);
    return level == Level.SNAPSHOT ? null : explain(cycle(all), all);
  }

  private List<Integer> cycle(Set<Kind> kinds) {
    var graph = new Digraph(nodes);
    for (Edge edge : edges) if (kinds.contains(edge.kind)) graph.edge(edge.from, edge.to);
    return graph.cycle();
  }

  /** A cycle in which no two rw follow each other: a node stands there twice, the second time for having been reached by rw. */
  private List<Integer> cycleWithLoneRw(Set<Kind> others) {
    var graph = new Digraph(2 * nodes);
    for (Edge edge : edges) {
      if (edge.kind == Kind.RW) {
        graph.edge(edge.from, nodes + edge.to);
      } else if (others.contains(edge.kind)) {
        graph.edge(edge.from, edge.to);
        graph.edge(nodes + edge.from, edge.to);
      }
    }
    return graph.cycle();
  }

  private @Nullable String explain(List<Integer> cycle, Set<Kind> kinds) {
    if (cycle.isEmpty()) return null;
    var text = new StringBuilder();
    var passed = new ArrayList<Kind>();
    for (int i = 0; i < cycle.size(); i++) {
      int from = cycle.get(i) % nodes;
      int next = cycle.get((i + 1) % cycle.size());
      int to = next % nodes;
      boolean byRw = next >= nodes;
      Edge edge = edges.stream().filter(each -> each.from == from && each.to == to && (byRw ? each.kind == Kind.RW : kinds.contains(each.kind))).min(Comparator.comparing(Edge::kind)).orElseThrow();
      passed.add(edge.kind);
      if (from < calls.size()) text.append("\n  ").append(calls.get(from));
      if (edge.kind != Kind.RT || from < calls.size()) text.append("\n    ").append(edge.kind.toString().toLowerCase(java.util.Locale.ROOT)).append(' ').append(edge.key);
    }
    return name(passed) + ": a cycle" + text;
  }

  private static String name(List<Kind> passed) {
    long rw = passed.stream().filter(kind -> kind == Kind.RW).count();
    boolean adjacent = false;
    for (int i = 0; i < passed.size(); i++) adjacent |= rw > 1 && passed.get(i) == Kind.RW && passed.get((i + 1) % passed.size()) == Kind.RW;
    String name = rw == 1 ? "G-single" : adjacent ? "G2" : rw > 1 ? "G-nonadjacent" : passed.contains(Kind.WR) ? "G1c" : "G0";
    return passed.contains(Kind.RT) ? name + " in real time" : name;
  }
}
