package nokv.vfs.fault;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import org.jspecify.annotations.Nullable;

/*
 * How a power cut is taken back on a real disk
 *
 * The file system underneath keeps every write, so what a power cut would have lost must be undone before the process ends. For bytes see UnsyncedFile. For names:
 * at the first change of a name since its directory was synced, `names` remembers what the name stood for then: nothing, a directory, or a file, which is kept by a
 * hidden hard link beside it (so that a deleted or replaced file can come back, with the content that its UnsyncedFile then restores). Syncing the directory
 * forgets these and removes the links. So the cost is one link per changed name, and taking back does not depend on the order of the changes.
 *
 *   - A rename across directories: syncing the old directory also settles the new name (`companion`), so that a file is never left without one.
 *   - A renamed directory cannot be linked; it is remembered as a move and moved back. Everything known about paths below it is renamed along.
 *   - A deleted directory must be empty, so hidden links move to the directory above.
 *   - A directory deleted and made again between two syncs of the one above counts as the same.
 *   - A process that is killed leaves its hidden links behind; `list` does not show them and removes those it does not know.
 *
 * Files as they stand when first opened count as synced; a second name (hard link) made by an earlier process is not known. Guarded by `this`; UnsyncedFile has its own lock, taken after this one.
 */
final class Unsynced {
  private static final String HIDDEN = ".fault-undo-";

  /** What a name stood for when its directory was last synced. */
  private sealed interface Before {
    record Nothing() implements Before {}

    record Directory() implements Before {}

    record Linked(String hidden, @Nullable UnsyncedFile bytes) implements Before {}
  }

  private record Name(Before before, @Nullable String companion) {}

  private record Move(String from, String to) {}

  private final Vfs inner;
  private final TreeMap<String, Name> names = new TreeMap<>();
  private final List<Move> moves = new ArrayList<>();
  /** Files that are open for writing, have unsynced bytes, or have several names, by their present names. */
  private final Map<String, UnsyncedFile> files = new HashMap<>();
  /** Those and the ones that have lost their name. */
  private final Set<UnsyncedFile> all = Collections.newSetFromMap(new IdentityHashMap<>());
  private long hiddenLinks;

  Unsynced(Vfs inner) {
    this.inner = inner;
  }

  // --- paths ---

  private static String normal(String path) {
    var names = new ArrayList<String>();
    for (String name : path.split("/")) {
      if (name.equals("..") && !names.isEmpty() && !names.getLast().equals("..")) names.removeLast();
      else if (!name.isEmpty() && !name.equals(".")) names.add(name);
    }
    return (path.startsWith("/") ? "/" : "") + String.join("/", names);
  }

  private static String parent(String normal) {
    int slash = normal.lastIndexOf('/');
    return slash > 0 ? normal.substring(0, slash) : slash == 0 ? "/" : "";
  }

  private static String within(String directory, String name) {
    return directory.isEmpty() || directory.endsWith("/") ? directory + name : directory + "/" + name;
  }

  private String newHidden(String directory) {
    String hidden;
    do hidden = within(directory, HIDDEN + hiddenLinks++);
    while (inner.exists(hidden));
    return hidden;
  }

  private boolean isDirectory(String path) {
    if (!inner.exists(path)) return false;
    try {
      inner.list(path);
      return true;
    } catch (VfsException e) {
      if (e.kind() == VfsException.Cause.IO) return false; // it is a file
      throw e;
    }
  }

  // --- changes of names ---

  /** To be called before a name changes. */
  private void remember(String path) {
    if (names.containsKey(path)) return;
    Before before;
    if (!inner.exists(path)) {
      before = new Before.Nothing();
    } else if (isDirectory(path)) {
      before = new Before.Directory();
    } else {
      String hidden = newHidden(parent(path));
      inner.link(path, hidden);
      before = new Before.Linked(hidden, files.get(path));
    }
    names.put(path, new Name(before, null));
  }

  synchronized void creating(String path) {
    String name = normal(path);
    if (!inner.exists(name)) remember(name);
  }

  synchronized void createDirectories(String directory) {
    for (String path = normal(directory); !path.isEmpty() && !path.equals("/") && !inner.exists(path); path = parent(path)) remember(path);
    inner.createDirectories(directory);
  }

  synchronized void delete(String path) {
    String name = normal(path);
    if (!inner.exists(name)) {
      inner.delete(path); // fails as it should
      return;
    }
    if (isDirectory(name)) moveHiddenUp(name);
    remember(name);
    inner.delete(path);
    release(files.remove(name));
  }

  private void moveHiddenUp(String directory) {
    for (var entry : new ArrayList<>(names.entrySet())) {
      if (!(entry.getValue().before() instanceof Before.Linked linked) || !parent(linked.hidden()).equals(directory)) continue;
      String hidden = newHidden(parent(directory));
      inner.rename(linked.hidden(), hidden);
      names.put(entry.getKey(), new Name(new Before.Linked(hidden, linked.bytes()), entry.getValue().companion()));
    }
  }

  synchronized void rename(String from, String to) {
    String source = normal(from);
    String target = normal(to);
    if (source.equals(target) || !inner.exists(source)) {
      inner.rename(from, to);
    } else if (isDirectory(source)) {
      inner.rename(from, to);
      moves.add(new Move(source, target));
      rebase(source, target);
    } else {
      UnsyncedFile moved = track(source);
      remember(source);
      remember(target);
      inner.rename(from, to);
      if (inner.exists(source)) return; // both names were of one file: nothing happens then
      files.remove(source);
      release(files.put(target, moved));
      release(moved);
      if (!parent(source).equals(parent(target)) && names.get(source) instanceof Name name) names.put(source, new Name(name.before(), target));
    }
  }

  /** Follows a renamed directory: every path below it that is known here. */
  private void rebase(String from, String to) {
    for (var file : Map.copyOf(files).entrySet()) {
      if (!file.getKey().startsWith(from + "/")) continue;
      files.remove(file.getKey());
      files.put(to + file.getKey().substring(from.length()), file.getValue());
    }
    for (String path : List.copyOf(names.keySet())) {
      if (!path.startsWith(from + "/") || !(names.remove(path) instanceof Name name)) continue;
      Before before = name.before() instanceof Before.Linked l && l.hidden().startsWith(from + "/")
          ? new Before.Linked(to + l.hidden().substring(from.length()), l.bytes()) : name.before();
      String companion = name.companion() != null && name.companion().startsWith(from + "/") ? to + name.companion().substring(from.length()) : name.companion();
      names.put(to + path.substring(from.length()), new Name(before, companion));
    }
  }

  synchronized void link(String existing, String link) {
    String name = normal(link);
    if (!inner.exists(name)) remember(name);
    inner.link(existing, link);
    files.put(name, track(normal(existing)));
  }

  synchronized List<String> list(String directory) {
    var shown = new ArrayList<String>();
    var strays = new ArrayList<String>();
    for (String name : inner.list(directory)) (name.startsWith(HIDDEN) ? strays : shown).add(name);
    if (!strays.isEmpty()) {
      var known = new HashSet<String>();
      for (Name name : names.values()) if (name.before() instanceof Before.Linked linked) known.add(linked.hidden());
      for (String stray : strays) if (!known.contains(within(normal(directory), stray))) inner.delete(within(normal(directory), stray));
    }
    return List.copyOf(shown);
  }

  synchronized void syncDirectory(String directory) {
    inner.syncDirectory(directory);
    String synced = normal(directory);
    for (String path : List.copyOf(names.keySet())) {
      if (!parent(path).equals(synced) || !(names.get(path) instanceof Name name)) continue;
      settle(path);
      if (name.companion() != null) settle(name.companion());
    }
    moves.removeIf(move -> parent(move.from()).equals(synced) || parent(move.to()).equals(synced));
  }

  private void settle(String path) {
    if (!(names.remove(path) instanceof Name name) || !(name.before() instanceof Before.Linked linked)) return;
    inner.delete(linked.hidden());
    release(linked.bytes());
  }

  // --- files ---

  /** A file was opened for writing. */
  synchronized UnsyncedFile opened(String path) {
    UnsyncedFile file = track(normal(path));
    file.attach(() -> inner.open(path, Vfs.Mode.READ_WRITE));
    file.handles++;
    return file;
  }

  private UnsyncedFile track(String name) {
    return files.computeIfAbsent(name, n -> {
      var file = new UnsyncedFile();
      all.add(file);
      return file;
    });
  }

  synchronized void closed(UnsyncedFile file) {
    file.handles--;
    release(file);
  }

  /** Lets go of a file that nobody has open: of its handle if it is clean, of its identity if it has no second name, and of all if no name can lead to it any more. */
  private void release(@Nullable UnsyncedFile file) {
    if (file == null || file.handles > 0) return;
    long present = files.values().stream().filter(known -> known == file).count();
    boolean hidden = names.values().stream().anyMatch(name -> name.before() instanceof Before.Linked linked && linked.bytes() == file);
    if (present == 0 && !hidden || !file.dirty()) file.detach();
    if (hidden || present > 1 || file.dirty()) return;
    files.values().removeIf(known -> known == file);
    all.remove(file);
  }

  // --- the end ---

  /** Takes back everything unsynced, but each page with probability {@code survival}, and with that probability the names as a whole. @return what, for a message */
  synchronized String takeBack(SplittableRandom random, double survival) {
    long bytes = 0;
    for (UnsyncedFile file : all) bytes += file.takeBack(random, survival);
    boolean namesSurvive = random.nextDouble() < survival;
    int changed = 0;
    if (!namesSurvive) {
      changed = names.size() + moves.size();
      for (Move move : moves.reversed()) {
        if (inner.exists(move.to())) inner.rename(move.to(), move.from());
        rebase(move.to(), move.from());
      }
    }
    for (var entry : names.entrySet()) takeBack(entry.getKey(), entry.getValue().before(), namesSurvive);
    names.clear();
    moves.clear();
    return bytes + " bytes, " + changed + " names";
  }

  private void takeBack(String path, Before before, boolean survives) {
    switch (before) {
      case Before.Linked(String hidden, _) when survives || lost(parent(path)) -> {
        if (inner.exists(hidden)) inner.delete(hidden);
      }
      case Before _ when survives || lost(parent(path)) -> {}
      case Before.Nothing _ -> deleteTree(path);
      case Before.Directory _ -> {
        if (!isDirectory(path)) deleteTree(path);
        inner.createDirectories(path);
      }
      case Before.Linked linked -> {
        deleteTree(path); // a rename onto another name of the same file would do nothing
        inner.rename(linked.hidden(), path);
      }
    }
  }

  /** Whether the directory above has itself been taken back: names come in order, those above first. */
  private boolean lost(String directory) {
    return !directory.isEmpty() && !inner.exists(directory);
  }

  private void deleteTree(String path) {
    if (!inner.exists(path)) return;
    if (isDirectory(path)) for (String name : inner.list(path)) deleteTree(within(path, name));
    inner.delete(path);
  }

  /** Ends without a power cut: the hidden links go. */
  synchronized void close() {
    for (Name name : names.values()) if (name.before() instanceof Before.Linked linked) inner.delete(linked.hidden());
    names.clear();
    moves.clear();
    for (UnsyncedFile file : all) file.detach();
    all.clear();
    files.clear();
  }
}
