package nokv.vlog;

import java.util.List;
import nokv.api.ConfigException;
import nokv.spi.Option;
import nokv.spi.Options;

/** The options of the {@code vlog} block. */
record VlogOptions(int thresholdBytes, long segmentBytes, double gcRatio) {
  static final List<Option> DECLARED = List.of(
      Option.of("threshold", Option.Type.SIZE, "2KiB", "Values of at least this size are kept in the value log, apart from the tree. Lower: less write amplification; "
          + "higher: faster scans, and one sync less per synced write. The default leaves records of 1 KiB in the tree and takes values of 4 KiB out of it."),
      Option.of("segment_size", Option.Type.SIZE, "256MiB", "Size of a value log file, 64KiB to 4GiB. Collection frees whole files; smaller ones are freed sooner, larger ones "
          + "need fewer descriptors."),
      Option.of("gc_ratio", Option.Type.NUMBER, "0.5", "A file is collected once this part of it is garbage, 0.05 to 0.95. Disk use is at most about 1 / (1 - gc_ratio) of the live "
          + "values; lower saves space and rewrites more."));

  static VlogOptions of(Options options) {
    long threshold = options.size("threshold");
    long segment = options.size("segment_size");
    double ratio = options.number("gc_ratio");
    if (threshold < 32) throw new ConfigException("vlog.threshold is " + threshold + " bytes, expected at least 32; a pointer is not smaller");
    if (segment < 64 << 10 || segment > 4L << 30) throw new ConfigException("vlog.segment_size is " + segment + " bytes, expected 64KiB to 4GiB");
    if (!(ratio >= 0.05 && ratio <= 0.95)) throw new ConfigException("vlog.gc_ratio is " + ratio + ", expected 0.05 to 0.95");
    return new VlogOptions((int) Math.min(threshold, Integer.MAX_VALUE), segment, ratio);
  }

  /** The same, but all new values stay in the tree. */
  VlogOptions inline() {
    return new VlogOptions(Integer.MAX_VALUE, segmentBytes, gcRatio);
  }
}
