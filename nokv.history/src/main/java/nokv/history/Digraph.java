package nokv.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A directed graph of numbered nodes. */
final class Digraph {
  private final List<List<Integer>> successors = new ArrayList<>();

  Digraph(int nodes) {
    for (int i = 0; i < nodes; i++) successors.add(new ArrayList<>());
  }

  void edge(int from, int to) {
    successors.get(from).add(to);
  }

  /** The nodes of a cycle, none shorter through its first; empty = there is none. */
  List<Integer> cycle() {
    boolean[] gone = peeled();
    for (int node = 0; node < gone.length; node++) {
      if (gone[node]) continue;
      List<Integer> found = cycle(node, gone);
      if (!found.isEmpty()) return found;
    }
    return List.of();
  }

  /** Nodes on no cycle: those that nothing leads to, again and again. */
  private boolean[] peeled() {
    int[] arriving = new int[successors.size()];
    for (var next : successors) for (int to : next) arriving[to]++;
    var free = new ArrayDeque<Integer>();
    for (int node = 0; node < arriving.length; node++) if (arriving[node] == 0) free.add(node);
    boolean[] gone = new boolean[arriving.length];
    for (Integer node; (node = free.poll()) != null; ) {
      gone[node] = true;
      for (int to : successors.get(node)) if (--arriving[to] == 0) free.add(to);
    }
    return gone;
  }

  private List<Integer> cycle(int start, boolean[] gone) {
    int[] before = new int[gone.length];
    Arrays.fill(before, -1);
    var queue = new ArrayDeque<Integer>();
    queue.add(start);
    for (Integer node; (node = queue.poll()) != null; ) {
      for (int to : successors.get(node)) {
        if (to == start) return path(start, node, before);
        if (gone[to] || before[to] >= 0) continue;
        before[to] = node;
        queue.add(to);
      }
    }
    // Nothing that leads back: it lies behind a cycle, on none.
    gone[start] = true;
    return List.of();
  }

  private static List<Integer> path(int start, int end, int[] before) {
    var path = new ArrayList<Integer>();
    for (int node = end; node != start; node = before[node]) path.add(node);
    path.add(start);
    return path.reversed();
  }
}
