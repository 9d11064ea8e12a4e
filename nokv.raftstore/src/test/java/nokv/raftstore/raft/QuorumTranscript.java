package nokv.raftstore.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import nokv.raftstore.raft.Transcript.Command;

/** Plays the arithmetic of quorums. */
final class QuorumTranscript {
  private QuorumTranscript() {}

  static String run(Command command) {
    var majority = new MajorityConfig(IdSet.of(command.numbers("cfg")));
    String second = command.options().get("cfgj");
    boolean joint = second != null;
    var other = !joint || second.equals("zero") ? MajorityConfig.EMPTY : new MajorityConfig(IdSet.of(command.numbers("cfgj")));
    var both = new JointConfig(majority, other);
    return switch (command.name()) {
      case "committed" -> {
        var acked = new TreeMap<Long, Long>();
        assign(command, "idx").forEach((id, word) -> {
          if (!word.equals("_")) acked.put(id, Long.parseLong(word));
        });
        long index = both.committedIndex(id -> acked.getOrDefault(id, 0L));
        if (!joint) assertEquals(index, majority.committedIndex(id -> acked.getOrDefault(id, 0L)), "joint with nothing");
        assertEquals(index, new JointConfig(other, majority).committedIndex(id -> acked.getOrDefault(id, 0L)), "symmetric");
        yield describe(both.ids(), acked) + (index == Long.MAX_VALUE ? "∞" : index);
      }
      case "vote" -> {
        var votes = new HashMap<Long, Boolean>();
        assign(command, "votes").forEach((id, word) -> {
          if (!word.equals("_")) votes.put(id, word.equals("y"));
        });
        var result = both.voteResult(votes);
        assertEquals(result, new JointConfig(other, majority).voteResult(votes), "symmetric");
        yield "Vote" + result.name().charAt(0) + result.name().substring(1).toLowerCase(java.util.Locale.ROOT);
      }
      default -> throw new AssertionError("unknown command");
    };
  }

  /** Gives the words of a list to the voters in the order of their first mention. */
  private static Map<Long, String> assign(Command command, String option) {
    var words = command.list(option).iterator();
    var assigned = new TreeMap<Long, String>();
    for (String half : new String[] {"cfg", "cfgj"}) {
      if ("zero".equals(command.options().get(half))) continue;
      for (long id : command.numbers(half)) {
        if (!assigned.containsKey(id)) assigned.put(id, words.hasNext() ? words.next() : "_");
      }
    }
    return assigned;
  }

  /** A bar for each voter: as long as the number of voters strictly behind it. */
  private static String describe(IdSet ids, Map<Long, Long> acked) {
    int n = ids.size();
    if (n == 0) return "<empty majority quorum>";
    var text = new StringBuilder(" ".repeat(n)).append("    idx\n");
    ids.stream().forEach(id -> {
      int bar = (int) ids.stream().filter(each -> acked.getOrDefault(each, 0L) < acked.getOrDefault(id, 0L)).count();
      text.append(acked.containsKey(id) ? "x".repeat(bar) + ">" + " ".repeat(n - bar) : "?" + " ".repeat(n));
      text.append(" %5d    (id=%d)\n".formatted(acked.getOrDefault(id, 0L), id));
    });
    return text.toString();
  }
}
