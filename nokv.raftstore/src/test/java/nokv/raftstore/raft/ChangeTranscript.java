package nokv.raftstore.raft;

import java.util.ArrayList;
import java.util.List;
import nokv.raftstore.raft.ConfChange.Change;
import nokv.raftstore.raft.ConfChange.Type;
import nokv.raftstore.raft.Transcript.Command;

/** Plays sequences of configuration changes; each command counts as one log entry. */
final class ChangeTranscript {
  private Configuration configuration = Configuration.EMPTY;
  private final Peers peers = new Peers(10, 0);
  private long lastIndex;

  String run(Command command) {
    try {
      var changes = changes(command.input());
      configuration = switch (command.name()) {
        case "simple" -> Changer.simple(configuration, changes);
        case "enter-joint" -> Changer.enterJoint(configuration, command.flag("autoleave"), changes);
        case "leave-joint" -> Changer.leaveJoint(configuration);
        default -> throw new AssertionError("unknown command");
      };
      peers.follow(configuration, Math.max(lastIndex, 1), true);
      return configuration + "\n" + Text.progress(configuration, peers);
    } catch (InvalidChangeException e) {
      return e.getMessage();
    } finally {
      lastIndex++;
    }
  }

  /** Lines of words {@code v1 l2 r3 u4}: add voter, add learner, remove, update. */
  static List<Change> changes(List<String> lines) {
    var changes = new ArrayList<Change>();
    for (String word : String.join(" ", lines).split(" ")) {
      if (word.isEmpty()) continue;
      var type = switch (word.charAt(0)) {
        case 'v' -> Type.ADD_VOTER;
        case 'l' -> Type.ADD_LEARNER;
        case 'r' -> Type.REMOVE;
        case 'u' -> Type.UPDATE;
        default -> throw new AssertionError("unknown change " + word);
      };
      changes.add(new Change(type, Long.parseLong(word.substring(1))));
    }
    return changes;
  }
}
