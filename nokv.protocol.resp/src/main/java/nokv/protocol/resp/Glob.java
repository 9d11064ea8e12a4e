package nokv.protocol.resp;

/** Redis's patterns: {@code *}, {@code ?}, {@code [a-z]}, {@code [^a]}, backslash before a character meant as it is. Bytes, not characters. */
final class Glob {
  private final byte[] pattern;
  private final boolean all;

  Glob(byte[] pattern) {
    this.pattern = pattern;
    this.all = pattern.length == 1 && pattern[0] == '*';
  }

  /** The bytes that every match begins with. */
  byte[] literalPrefix() {
    int n = 0;
    while (n < pattern.length && "*?[\\".indexOf(pattern[n]) < 0) n++;
    return java.util.Arrays.copyOf(pattern, n);
  }

  /** The star is tried again from the last place only, so the time is at most pattern × text. */
  boolean matches(byte[] text) {
    if (all) return true;
    int p = 0;
    int t = 0;
    int starPattern = -1;
    int starText = 0;
    while (t < text.length) {
      if (p < pattern.length && pattern[p] == '*') {
        starPattern = ++p;
        starText = t;
        continue;
      }
      int next = p < pattern.length ? one(p, text[t]) : -1;
      if (next >= 0) {
        p = next;
        t++;
      } else if (starPattern >= 0) {
        p = starPattern;
        t = ++starText;
      } else {
        return false;
      }
    }
    while (p < pattern.length && pattern[p] == '*') p++;
    return p == pattern.length;
  }

  /** Where the pattern goes on if its item at {@code p} matches this byte, otherwise -1. */
  private int one(int p, byte b) {
    return switch (pattern[p]) {
      case '?' -> p + 1;
      case '[' -> set(p + 1, b & 0xff);
      case '\\' -> p + 1 < pattern.length ? pattern[p + 1] == b ? p + 2 : -1 : pattern[p] == b ? p + 1 : -1;
      default -> pattern[p] == b ? p + 1 : -1;
    };
  }

  private int set(int at, int b) {
    int p = at;
    boolean negated = p < pattern.length && pattern[p] == '^';
    if (negated) p++;
    boolean found = false;
    for (; p < pattern.length && pattern[p] != ']'; p++) {
      if (pattern[p] == '\\' && p + 1 < pattern.length) {
        found |= (pattern[++p] & 0xff) == b;
      } else if (p + 2 < pattern.length && pattern[p + 1] == '-') {
        int low = Math.min(pattern[p] & 0xff, pattern[p + 2] & 0xff);
        int high = Math.max(pattern[p] & 0xff, pattern[p + 2] & 0xff);
        found |= b >= low && b <= high;
        p += 2;
      } else {
        found |= (pattern[p] & 0xff) == b;
      }
    }
    return found == negated ? -1 : Math.min(p + 1, pattern.length);
  }
}
