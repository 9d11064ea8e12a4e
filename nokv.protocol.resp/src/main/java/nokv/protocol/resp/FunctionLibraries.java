package nokv.protocol.resp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The libraries of functions. They are kept in the store, see {@code docs/formats/redis.md}; what is here is their compiled form, as of one generation. The number of the generation is read
 * in the transaction of every command that uses them, so a change by another gateway of a cluster, or one of this gateway that was not committed after all, is noticed, and they are loaded anew.
 * Called under the lock of {@link Scripts}; the counts may be asked from any thread.
 */
final class FunctionLibraries {
  /** A function as called. @param callback its number in the machine */
  record Function(String name, @Nullable String description, Set<String> flags, int callback) {}

  /** A library. */
  record Library(String name, byte[] code, Map<String, Function> functions) {}

  private static final byte[] GENERATION = {0};
  private static final byte LIBRARY = 1;

  private final Scripts scripts;
  private final LuaMachine machine;
  private final Map<String, Library> libraries = new TreeMap<>();
  private final Map<String, Function> functions = new ConcurrentHashMap<>();
  private long generation;
  private volatile int libraryCount;
  private volatile int functionCount;

  FunctionLibraries(Scripts scripts, LuaMachine machine) {
    this.scripts = scripts;
    this.machine = machine;
  }

  int libraryCount() {
    return libraryCount;
  }

  int functionCount() {
    return functionCount;
  }

  LuaMachine machine() {
    return machine;
  }

  java.util.Collection<Library> all() {
    return libraries.values();
  }

  @Nullable Library library(String name) {
    return libraries.get(name);
  }

  @Nullable Function function(String name) {
    return functions.get(name.toLowerCase(Locale.ROOT));
  }

  /** Brings what is here to the generation the call's transaction sees. */
  void follow(Call call) {
    byte[] record = call.keys.systemRecord(GENERATION);
    long stored = record == null ? 0 : ByteBuffer.wrap(record).getLong(1);
    if (stored == generation) return;
    for (Library library : List.copyOf(libraries.values())) unlink(library);
    call.keys.forEachSystemRecord(LIBRARY, (name, library) -> link(compile(call, Arrays.copyOfRange(library, 1, library.length))));
    generation = stored;
  }

  /** Compiles a library, which is not linked by that. @throws RedisError it is none */
  Library compile(Call call, byte[] code) {
    Shebang.OfLibrary header = Shebang.ofLibrary(code);
    List<LuaMachine.Registered> registered = scripts.load(call, machine, code, header.from());
    if (registered.isEmpty()) throw new RedisError("ERR No functions registered");
    var found = new LinkedHashMap<String, Function>();
    for (LuaMachine.Registered each : registered) {
      found.put(each.name().toLowerCase(Locale.ROOT), new Function(each.name(), each.description(), Set.copyOf(each.flags()), each.callback()));
    }
    return new Library(header.name(), code, found);
  }

  /**
   * Adds compiled libraries, each in place of one of the same name if {@code replace}. Nothing is changed where one cannot be.
   *
   * @throws RedisError a library or a function of that name is there
   */
  void add(Call call, List<Library> added, boolean replace, String alreadyThere) {
    var replaced = new ArrayList<Library>();
    for (Library library : added) {
      Library old = libraries.get(library.name());
      if (old != null && !replace) throw new RedisError("ERR " + alreadyThere.formatted(library.name()));
      if (old != null) replaced.add(old);
    }
    for (Library library : added) {
      for (var each : library.functions.entrySet()) {
        Function other = functions.get(each.getKey());
        boolean goes = replaced.stream().anyMatch(old -> old.functions.containsKey(each.getKey()));
        if (other != null && !goes) throw new RedisError("ERR Function " + each.getValue().name() + " already exists");
      }
    }
    for (Library old : replaced) unlink(old);
    for (Library library : added) {
      link(library);
      store(call, library.name(), library.code());
    }
    generation = newGeneration(call);
  }

  void remove(Call call, Library library) {
    unlink(library);
    store(call, library.name(), null);
    generation = newGeneration(call);
  }

  private static long newGeneration(Call call) {
    long generation = call.keys.newElementVersion();
    call.keys.putSystemRecord(GENERATION, ByteBuffer.allocate(1 + Long.BYTES).put(Metadata.FORMAT_VERSION).putLong(generation).array());
    return generation;
  }

  /** @param code null deletes it */
  private static void store(Call call, String library, byte @Nullable [] code) {
    byte[] name = library.getBytes(StandardCharsets.UTF_8);
    byte[] key = ByteBuffer.allocate(1 + name.length).put(LIBRARY).put(name).array();
    call.keys.putSystemRecord(key, code == null ? null : ByteBuffer.allocate(1 + code.length).put(Metadata.FORMAT_VERSION).put(code).array());
  }

  private void link(Library library) {
    libraries.put(library.name(), library);
    functions.putAll(library.functions);
    count();
  }

  private void unlink(Library library) {
    libraries.remove(library.name());
    functions.keySet().removeAll(library.functions.keySet());
    forget(library);
    count();
  }

  /** Gives up what was compiled and is not linked. */
  void forget(Library library) {
    for (Function function : library.functions.values()) machine.forget(function.callback());
  }

  private void count() {
    libraryCount = libraries.size();
    functionCount = functions.size();
  }
}
