package nokv.bench;

import java.util.SplittableRandom;

/** Zipf-distributed ranks with constant 0.99 (Gray et al., "Quickly generating billion-record synthetic databases", SIGMOD 1994), as YCSB draws them. */
final class Zipfian {
  private static final double THETA = 0.99;
  private final long count;
  private final double zeta;
  private final double alpha = 1 / (1 - THETA);
  private final double eta;

  Zipfian(long count) {
    this.count = count;
    double sum = 0;
    for (long i = 1; i <= count; i++) sum += 1 / Math.pow(i, THETA);
    zeta = sum;
    eta = (1 - Math.pow(2.0 / count, 1 - THETA)) / (1 - (1 + Math.pow(0.5, THETA)) / zeta);
  }

  /** A rank from 0, the most frequent. */
  long rank(SplittableRandom random) {
    double u = random.nextDouble();
    double uz = u * zeta;
    if (uz < 1) return 0;
    if (uz < 1 + Math.pow(0.5, THETA)) return 1;
    return Math.min(count - 1, (long) (count * Math.pow(eta * u - eta + 1, alpha)));
  }

  /** A key, the frequent ones spread over the whole range. */
  long scrambled(SplittableRandom random) {
    return Math.floorMod(Data.mix(rank(random)), count);
  }
}
