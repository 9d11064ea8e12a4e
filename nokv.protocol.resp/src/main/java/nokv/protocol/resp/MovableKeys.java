package nokv.protocol.resp;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Where the keys are of commands that say it in their arguments. Arguments that make no sense have no keys; the command itself will refuse them. */
final class MovableKeys {
  private static final int[] NONE = {};

  private MovableKeys() {}

  static int[] of(String command, byte[][] args) {
    return switch (command) {
      case "zunionstore", "zinterstore", "zdiffstore" -> with(1, counted(args, 2));
      case "eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro", "bzmpop", "blmpop" -> counted(args, 2);
      case "sort", "sort_ro", "georadius", "georadiusbymember" -> store(args);
      case "xread" -> streams(args, 1);
      case "xreadgroup" -> streams(args, 4);
      default -> counted(args, 1);
    };
  }

  /** Keys behind their number. */
  private static int[] counted(byte[][] args, int count) {
    if (count >= args.length || !Numbers.isLong(args[count])) return NONE;
    long n = Numbers.toLong(args[count], 0, args[count].length);
    return n < 0 || n > args.length - count - 1 ? NONE : IntStream.range(count + 1, count + 1 + (int) n).toArray();
  }

  private static int[] with(int first, int[] more) {
    return more.length == 0 ? NONE : IntStream.concat(IntStream.of(first), Arrays.stream(more)).toArray();
  }

  /** The first argument, and what stands behind the last STORE or STOREDIST. */
  private static int[] store(byte[][] args) {
    int target = 0;
    for (int i = 2; i + 1 < args.length; i++) if (Call.equalsIgnoreCase(args[i], "STORE") || Call.equalsIgnoreCase(args[i], "STOREDIST")) target = ++i;
    return target == 0 ? new int[] {1} : new int[] {1, target};
  }

  private static int[] streams(byte[][] args, int from) {
    for (int i = from; i < args.length; i++) {
      if (Call.equalsIgnoreCase(args[i], "STREAMS")) return (args.length - i - 1) % 2 != 0 ? NONE : IntStream.range(i + 1, i + 1 + (args.length - i - 1) / 2).toArray();
    }
    return NONE;
  }
}
