package nokv.vfs;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The directories and files of a {@link MemVfs}: as they are, as they were last synced, and the changes of names between. Guarded by the lock of its file system.
 *
 * <p>Changes are kept in one list for all directories, in order. A rename across directories is two: the new name, and the removal of the old, which is never on disk
 * without the first.
 */
final class MemTree {
  final MemNode.Directory root = new MemNode.Directory();
  private final boolean strict;
  /** Changes of names that are not synced, oldest first. */
  private final List<Change> pending = new ArrayList<>();

  /** An unsynced change of one directory, which happens whole or not at all: names and what they then stand for, null = nothing. */
  static final class Change {
    private final MemNode.Directory directory;
    private final Map<String, @Nullable MemNode> edits;
    /** The half of a rename that must be on disk before this one. */
    private final @Nullable Change first;
    private boolean synced;

    Change(MemNode.Directory directory, Map<String, @Nullable MemNode> edits, @Nullable Change first) {
      this.directory = directory;
      this.edits = edits;
      this.first = first;
    }

    void apply(TreeMap<String, MemNode> names) {
      edits.forEach((name, node) -> {
        if (node == null) names.remove(name);
        else names.put(name, node);
      });
    }
  }

  /** @param strict whether it can lose what is unsynced */
  MemTree(boolean strict) {
    this.strict = strict;
  }

  /** The names along a path, from the root; {@code .} and {@code ..} resolved. */
  static List<String> names(String path) {
    var names = new ArrayList<String>();
    for (String name : path.split("/")) {
      if (name.equals("..") && !names.isEmpty()) names.removeLast();
      else if (!name.isEmpty() && !name.equals(".") && !name.equals("..")) names.add(name);
    }
    return names;
  }

  @Nullable MemNode lookup(String path) {
    MemNode node = root;
    for (String name : names(path)) node = node instanceof MemNode.Directory directory ? directory.entries().get(name) : null;
    return node;
  }

  /** The edit that takes a name away. */
  static TreeMap<String, @Nullable MemNode> removal(String name) {
    var edits = new TreeMap<String, @Nullable MemNode>();
    edits.put(name, null);
    return edits;
  }

  /** Changes names of a directory. @param first the half of a rename that must be on disk before this one */
  Change edit(MemNode.Directory directory, Map<String, @Nullable MemNode> edits, @Nullable Change first) {
    var change = new Change(directory, edits, first);
    change.apply(directory.entries());
    if (strict) pending.add(change);
    return change;
  }

  /** Makes every change of names in the directory so far durable. */
  void sync(MemNode.Directory directory) {
    for (int i = pending.size() - 1; i >= 0; i--) {
      if (pending.get(i).directory == directory) {
        settle(pending.get(i));
        break;
      }
    }
  }

  /** Makes a change durable, with the earlier ones of its directory, and what those need: the removal of a name by a rename never without the new name. */
  private void settle(Change last) {
    var needed = new ArrayList<Change>();
    for (Change change : List.copyOf(pending)) {
      if (change.directory == last.directory && !change.synced) {
        change.apply(change.directory.synced());
        change.synced = true;
        if (change.first != null && !change.first.synced) needed.add(change.first);
      }
      if (change == last) break;
    }
    pending.removeIf(change -> change.synced);
    for (Change first : needed) if (!first.synced) settle(first);
  }

  /** What a power loss leaves. */
  MemTree survivor(SplittableRandom random, double survival) {
    Set<Change> kept = keptChanges(random, survival);
    var next = new MemTree(true);
    var survivors = new IdentityHashMap<MemNode, MemNode>();
    survivors.put(root, next.root);
    var left = new ArrayDeque<MemNode.Directory>(List.of(root));
    while (!left.isEmpty()) {
      MemNode.Directory directory = left.removeFirst();
      var names = new TreeMap<>(directory.synced());
      for (Change change : pending) if (change.directory == directory && kept.contains(change)) change.apply(names);
      if (!(survivors.get(directory) instanceof MemNode.Directory survivor)) throw new AssertionError("a directory survived as a file");
      names.forEach((name, node) -> {
        MemNode copy = survivors.computeIfAbsent(node, n -> switch (n) {
          case MemNode.Content content -> content.survivor(random, survival);
          case MemNode.Directory below -> {
            left.add(below);
            yield new MemNode.Directory();
          }
        });
        survivor.entries().put(name, copy);
        survivor.synced().put(name, copy);
      });
    }
    return next;
  }

  private Set<Change> keptChanges(SplittableRandom random, double survival) {
    var kept = Collections.newSetFromMap(new IdentityHashMap<Change, Boolean>());
    boolean inOrder = random.nextBoolean() && survival > 0 && survival < 1;
    int journal = inOrder ? random.nextInt(pending.size() + 1) : 0;
    for (int i = 0; i < pending.size(); i++) {
      Change change = pending.get(i);
      boolean keep = inOrder ? i < journal : random.nextDouble() < survival;
      if (keep && (change.first == null || change.first.synced || kept.contains(change.first))) kept.add(change);
    }
    return kept;
  }

  /** The same tree, with the same changes still unsynced. */
  MemTree copy() {
    var next = new MemTree(strict);
    var copies = new IdentityHashMap<MemNode, MemNode>();
    copies.put(root, next.root);
    copyEntries(root, next.root, copies);
    var changes = new IdentityHashMap<Change, Change>();
    for (Change change : pending) {
      var edits = new TreeMap<String, @Nullable MemNode>();
      change.edits.forEach((name, node) -> edits.put(name, node == null ? null : copy(node, copies)));
      Change first = change.first == null || change.first.synced ? null : changes.get(change.first);
      if (!(copy(change.directory, copies) instanceof MemNode.Directory directory)) throw new AssertionError("a directory was copied as a file");
      var copied = new Change(directory, edits, first);
      changes.put(change, copied);
      next.pending.add(copied);
    }
    return next;
  }

  private static MemNode copy(MemNode node, Map<MemNode, MemNode> copies) {
    MemNode known = copies.get(node);
    if (known != null) return known;
    switch (node) {
      case MemNode.Content content -> {
        MemNode copy = content.copy();
        copies.put(node, copy);
        return copy;
      }
      case MemNode.Directory directory -> {
        var copy = new MemNode.Directory();
        copies.put(node, copy);
        copyEntries(directory, copy, copies);
        return copy;
      }
    }
  }

  private static void copyEntries(MemNode.Directory from, MemNode.Directory to, Map<MemNode, MemNode> copies) {
    from.entries().forEach((name, node) -> to.entries().put(name, copy(node, copies)));
    from.synced().forEach((name, node) -> to.synced().put(name, copy(node, copies)));
  }

  /** Bytes of memory that the contents of all files with a name take. */
  long used() {
    var counted = Collections.newSetFromMap(new IdentityHashMap<MemNode, Boolean>());
    return used(root, counted);
  }

  private static long used(MemNode node, Set<MemNode> counted) {
    if (!counted.add(node)) return 0;
    return switch (node) {
      case MemNode.Content content -> content.allocated();
      case MemNode.Directory directory -> directory.entries().values().stream().mapToLong(below -> used(below, counted)).sum();
    };
  }
}
