package nokv.protocol.resp;

import java.util.List;
import java.util.function.IntConsumer;
import java.util.regex.Pattern;

/**
 * Where among its arguments a command has keys, and what it does to them. Written in a row of the table as a place and words, {@code 1..-1/2 OW update}:
 * <ul>
 * <li>{@code 1}: argument 1; {@code 1..-1}: from 1 to the last; {@code 1..-1/2}: every second of them;
 * <li>{@code #2}: behind argument 2, which says how many;
 * <li>{@code STORE@6}: what stands behind this word, which is looked for from argument 6 on; {@code STORE@?}: anywhere;
 * <li>{@code STREAMS@1/2}: the first half of all that stands behind it.
 * </ul>
 *
 * @param keyword null = the place is given by {@code index}
 * @param index of the first key, of their number, or where the keyword is looked for; -1 = anywhere
 * @param last negative: counted from the end
 * @param half whether as many arguments that are no keys follow
 * @param flags Redis's words: RO, RW, OW or RM; access, update, insert, delete
 */
record KeySpec(@org.jspecify.annotations.Nullable String keyword, int index, int last, int step, boolean counted, boolean half, List<String> flags) {
  private static final Pattern FORM = Pattern.compile("(?:(?<keyword>[A-Z]+)@)?(?<counted>#)?(?<index>[0-9]+|\\?)(?:\\.\\.(?<last>-?[0-9]+))?(?:/(?<step>[0-9]+))?(?<flags>( \\w+)+)");
  private static final int ANYWHERE = 2;

  static KeySpec of(String text) {
    var matcher = FORM.matcher(text);
    if (!matcher.matches()) throw new IllegalArgumentException(text);
    String keyword = matcher.group("keyword");
    String step = matcher.group("step");
    int index = "?".equals(matcher.group("index")) ? -1 : Integer.parseInt(matcher.group("index"));
    int last = matcher.group("last") == null ? index : Integer.parseInt(matcher.group("last"));
    boolean half = keyword != null && step != null;
    return new KeySpec(keyword, index, last, step == null || half ? 1 : Integer.parseInt(step), matcher.group("counted") != null, half, List.of(matcher.group("flags").trim().split(" ")));
  }

  /** Otherwise what is there is handled like keys where keys decide about servers: shard channels. */
  boolean isOfKeys() {
    return !flags.contains("not_key");
  }

  /** Whether a first and a last position say it all. */
  boolean isRange() {
    return keyword == null && !counted;
  }

  /** Whether a key's value, or whether it is there, has an influence on the reply. */
  static boolean reads(List<String> flags) {
    return flags.contains("access");
  }

  static boolean writes(List<String> flags) {
    return flags.contains("update") || flags.contains("insert") || flags.contains("delete");
  }

  /** Gives the positions of the keys; false = the arguments make no sense, and the command itself will refuse them. */
  boolean positions(byte[][] args, IntConsumer found) {
    if (counted) return counted(args, found);
    if (keyword != null) return behindKeyword(args, keyword, found);
    int end = last >= 0 ? last : args.length + last;
    for (int i = index; i <= end && i < args.length; i += step) found.accept(i);
    return true;
  }

  private boolean counted(byte[][] args, IntConsumer found) {
    if (index >= args.length || !Numbers.isLong(args[index])) return false;
    long n = Numbers.toLong(args[index], 0, args[index].length);
    if (n < 1 || n > args.length - index - 1) return false;
    for (int i = index + 1; i <= index + n; i++) found.accept(i);
    return true;
  }

  private boolean behindKeyword(byte[][] args, String word, IntConsumer found) {
    int at = 0;
    for (int i = index < 0 ? ANYWHERE : index; i + 1 < args.length && (at == 0 || !half); i++) if (Call.equalsIgnoreCase(args[i], word)) at = i;
    if (!half) {
      if (at > 0) found.accept(at + 1);
      return true;
    }
    int behind = args.length - at - 1;
    if (at == 0 || behind % 2 != 0) return false;
    for (int i = at + 1; i <= at + behind / 2; i++) found.accept(i);
    return true;
  }
}
