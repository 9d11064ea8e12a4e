package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The first line of a script or a library, {@code #!lua name=… flags=…}. */
final class Shebang {
  static final String ALLOW_OOM = "allow-oom";
  static final String NO_WRITES = "no-writes";
  private static final Set<String> FLAGS = Set.of(NO_WRITES, ALLOW_OOM, "allow-stale", "no-cluster", "allow-cross-slot-keys");

  private Shebang() {}

  /** Where the first line ends. @return -1 if it does not */
  private static int end(byte[] code) {
    int end = 0;
    while (end < code.length && code[end] != '\n') end++;
    return end == code.length ? -1 : end;
  }

  private static boolean isThere(byte[] code) {
    return code.length >= 2 && code[0] == '#' && code[1] == '!';
  }

  private static @Nullable List<String> words(byte[] code, int end) {
    List<byte[]> words = InlineWords.split(code, end);
    if (words == null || words.isEmpty()) return null;
    var texts = new ArrayList<String>();
    for (byte[] word : words) texts.add(new String(word, StandardCharsets.UTF_8));
    return texts;
  }

  /** What a script says of itself. @param flags null = it has no such line and is taken as scripts were before Redis 7 @param from where Lua begins */
  record OfScript(@Nullable Set<String> flags, int from) {}

  static OfScript ofScript(byte[] code) {
    if (!isThere(code)) return new OfScript(null, 0);
    int end = end(code);
    if (end < 0) throw new RedisError("ERR Invalid script shebang");
    List<String> words = words(code, end);
    if (words == null) throw new RedisError("ERR Invalid engine in script shebang");
    if (!words.getFirst().equals("#!lua")) throw new RedisError("ERR Unexpected engine in script shebang: " + words.getFirst());
    Set<String> flags = Set.of();
    for (String word : words.subList(1, words.size())) {
      if (!word.startsWith("flags=")) throw new RedisError("ERR Unknown lua shebang option: " + word);
      String given = word.substring("flags=".length());
      flags = given.isEmpty() ? Set.of() : new java.util.HashSet<>(List.of(given.split(",", -1)));
      for (String flag : flags) if (!FLAGS.contains(flag)) throw new RedisError("ERR Unexpected flag in script shebang: " + flag);
    }
    return new OfScript(flags, end);
  }

  /** What a library says of itself. @param from where Lua begins */
  record OfLibrary(String name, int from) {}

  static OfLibrary ofLibrary(byte[] code) {
    if (!isThere(code)) throw new RedisError("ERR Missing library metadata");
    int end = end(code);
    List<String> words = end < 0 ? null : words(code, end);
    if (words == null) throw new RedisError("ERR Invalid library metadata");
    String name = null;
    for (String word : words.subList(1, words.size())) {
      if (!word.toLowerCase(Locale.ROOT).startsWith("name=")) throw new RedisError("ERR Invalid metadata value given: " + word);
      if (name != null) throw new RedisError("ERR Invalid metadata value, name argument was given multiple times");
      name = word.substring("name=".length());
    }
    if (name == null) throw new RedisError("ERR Library name was not given");
    if (!name.matches("[A-Za-z0-9_]+")) throw new RedisError("ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long");
    String engine = words.getFirst().substring(2);
    if (!engine.equalsIgnoreCase("lua")) throw new RedisError("ERR Engine '" + engine + "' not found");
    return new OfLibrary(name, end);
  }
}
