package nokv.protocol.resp;

import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** LCS: the longest common subsequence of two strings, by dynamic programming over all pairs of positions. */
final class LongestCommon {
  private final byte[] a;
  private final byte[] b;
  /** For each pair of lengths, the length of what the two beginnings have in common; row by row. */
  private final int[] lengths;

  /** Where a part of the common subsequence lies in both strings. */
  private record Match(int a, int b, int length) {}

  private LongestCommon(byte[] a, byte[] b) {
    this.a = a;
    this.b = b;
    this.lengths = new int[(a.length + 1) * (b.length + 1)];
    for (int i = 1; i <= a.length; i++) {
      for (int j = 1; j <= b.length; j++) {
        lengths[i * (b.length + 1) + j] = a[i - 1] == b[j - 1] ? length(i - 1, j - 1) + 1 : Math.max(length(i - 1, j), length(i, j - 1));
      }
    }
  }

  private int length(int i, int j) {
    return lengths[i * (b.length + 1) + j];
  }

  static void lcs(Call call) {
    call.keys.pin();
    byte[] a = string(call.record(1));
    byte[] b = string(call.record(2));
    boolean index = false;
    boolean length = false;
    boolean lengths = false;
    long shortest = 0;
    for (int i = 3; i < call.count(); i++) {
      if (call.is(i, "IDX")) index = true;
      else if (call.is(i, "LEN")) length = true;
      else if (call.is(i, "WITHMATCHLEN")) lengths = true;
      else if (call.is(i, "MINMATCHLEN") && i + 1 < call.count()) shortest = call.integer(++i);
      else throw RedisError.SYNTAX;
    }
    if (length && index) throw new RedisError("ERR If you want both the length and indexes, please just use IDX.");
    if (4 * (a.length + 1L) * (b.length + 1L) > StringCommands.maxLength(call)) {
      throw new RedisError("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    }
    var common = new LongestCommon(a, b);
    if (index) common.replyMatches(call.reply(), shortest, lengths);
    else if (length) call.reply().integer(common.length(a.length, b.length));
    else call.reply().bulk(common.bytes());
  }

  private static byte[] string(byte @Nullable [] record) {
    if (record != null && Metadata.type(record) != Metadata.Type.STRING) throw new RedisError("ERR The specified keys must contain string values");
    return BitCommands.value(record);
  }

  private byte[] bytes() {
    var found = new byte[length(a.length, b.length)];
    int end = found.length;
    for (Match match : matches()) {
      end -= match.length;
      System.arraycopy(a, match.a, found, end, match.length);
    }
    return found;
  }

  /** From the end to the beginning. */
  private ArrayList<Match> matches() {
    var matches = new ArrayList<Match>();
    int length = 0;
    int i = a.length;
    int j = b.length;
    while (i > 0 && j > 0) {
      if (a[i - 1] == b[j - 1]) {
        length++;
        i--;
        j--;
        continue;
      }
      if (length > 0) matches.add(new Match(i, j, length));
      length = 0;
      if (length(i - 1, j) > length(i, j - 1)) i--;
      else j--;
    }
    if (length > 0) matches.add(new Match(i, j, length));
    return matches;
  }

  private void replyMatches(ReplyWriter reply, long shortest, boolean lengths) {
    var matches = matches();
    matches.removeIf(match -> match.length < shortest);
    reply.map(2);
    reply.bulk("matches");
    reply.array(matches.size());
    for (Match match : matches) {
      reply.array(lengths ? 3 : 2);
      for (int start : new int[] {match.a, match.b}) {
        reply.array(2);
        reply.integer(start);
        reply.integer(start + match.length - 1);
      }
      if (lengths) reply.integer(match.length);
    }
    reply.bulk("len");
    reply.integer(length(a.length, b.length));
  }
}
