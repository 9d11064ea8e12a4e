package nokv.protocol.resp;

import java.util.SplittableRandom;

/** Random draws as the RAND commands take them. */
final class Draw {
  /** A client that asks for more of the same would only fill its own output buffer. */
  private static final int MAX_REPEATED = 10_000_000;

  private Draw() {}

  /** Indexes below {@code size}: {@code count} different ones (all, if there are fewer), or with a negative count so many, each drawn anew. */
  static int[] of(int size, long count, RespFrontend server) {
    if (size == 0 || count == 0) return new int[0];
    var random = new SplittableRandom(server.random());
    if (count < 0) {
      var drawn = new int[(int) Math.min(-count, MAX_REPEATED)];
      for (int i = 0; i < drawn.length; i++) drawn[i] = random.nextInt(size);
      return drawn;
    }
    var all = new int[size];
    for (int i = 0; i < size; i++) all[i] = i;
    int n = (int) Math.min(count, size);
    for (int i = 0; i < n && n < size; i++) {
      int other = random.nextInt(i, size);
      int swapped = all[i];
      all[i] = all[other];
      all[other] = swapped;
    }
    return java.util.Arrays.copyOf(all, n);
  }
}
