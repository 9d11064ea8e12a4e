package nokv.protocol.resp;

/**
 * How much a client of one class may be owed before it is cut: Redis's client-output-buffer-limit.
 *
 * @param hardBytes at once; 0 = no such limit
 * @param softBytes for longer than {@code softMillis}; 0 = no such limit
 */
record OutputLimit(long hardBytes, long softBytes, long softMillis) {
  /** Of a class as the parameter's value shows it, by the place of its name there. */
  static OutputLimit of(String[] words, int at) {
    return new OutputLimit(Long.parseLong(words[at + 1]), Long.parseLong(words[at + 2]), 1000 * Long.parseLong(words[at + 3]));
  }

  /** @param since when it began to be owed more than the soft limit; 0 = it is not */
  boolean isPassed(long bytes, long since, long now) {
    return hardBytes > 0 && bytes > hardBytes || since != 0 && now - since > softMillis;
  }

  boolean isSoftlyPassed(long bytes) {
    return softBytes > 0 && bytes > softBytes;
  }
}
