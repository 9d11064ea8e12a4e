package nokv.raftstore.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.stream.Collectors;
import nokv.raftstore.raft.Ready.StorageAppend;
import nokv.raftstore.raft.Ready.StorageApply;

/** Writes protocol objects the way the transcripts do. */
final class Text {
  private Text() {}

  static String progress(Configuration configuration, Peers peers) {
    var text = new StringBuilder();
    for (var peer : peers.all()) {
      String state = peer.state().name().charAt(0) + peer.state().name().substring(1).toLowerCase(java.util.Locale.ROOT);
      text.append("%d: State%s match=%d next=%d".formatted(peer.id, state, peer.match(), peer.next()));
      if (configuration.isLearner(peer.id)) text.append(" learner");
      if (peer.isPaused()) text.append(" paused");
      if (peer.pendingSnapshot() > 0) text.append(" pendingSnap=").append(peer.pendingSnapshot());
      if (!peer.isRecentlyActive()) text.append(" inactive");
      if (peer.inflights().count() > 0) text.append(" inflight=").append(peer.inflights().count()).append(peer.inflights().isFull() ? "[full]" : "");
      text.append('\n');
    }
    return text.toString();
  }

  static String ready(long id, Ready ready) {
    if (ready.isEmpty() && ready.append() == null) return "<empty Ready>\n";
    var text = new StringBuilder("Ready MustSync=").append(ready.mustSync()).append(":\n");
    var soft = ready.softState();
    if (soft != null) text.append("Lead:%d State:%s\n".formatted(soft.leader(), role(soft.role())));
    if (ready.hardState() != null) text.append("HardState ").append(hardState(ready.hardState())).append('\n');
    if (!ready.entries().isEmpty()) text.append("Entries:\n").append(entries(ready.entries()));
    if (ready.snapshot() != null) text.append("Snapshot ").append(snapshot(ready.snapshot())).append('\n');
    if (!ready.committed().isEmpty()) text.append("CommittedEntries:\n").append(entries(ready.committed()));
    var messages = ready.messages().stream().map(Text::message).collect(Collectors.toList());
    if (ready.append() != null) messages.add(append(id, ready.append(), true));
    if (ready.apply() != null) messages.add(apply(id, ready.apply(), true));
    if (!messages.isEmpty()) text.append("Messages:\n").append(lines(messages));
    return text.toString();
  }

  static String role(RoleKind role) {
    return switch (role) {
      case FOLLOWER -> "StateFollower";
      case PRE_CANDIDATE -> "StatePreCandidate";
      case CANDIDATE -> "StateCandidate";
      case LEADER -> "StateLeader";
    };
  }

  private static String hardState(HardState state) {
    return "Term:" + state.term() + (state.vote() != 0 ? " Vote:" + state.vote() : "") + " Commit:" + state.commit();
  }

  private static String snapshot(Snapshot snapshot) {
    var c = snapshot.configuration();
    return "Index:%d Term:%d ConfState:Voters:[%s] VotersOutgoing:[%s] Learners:[%s] LearnersNext:[%s] AutoLeave:%s".formatted(snapshot.index(), snapshot.term(), c.voters(),
        c.outgoing(), c.learners(), c.learnersNext(), c.autoLeave());
  }

  static String entries(List<Entry> entries) {
    return lines(entries.stream().map(Text::entry).toList());
  }

  /** A change whose context is not empty was proposed in the transcripts' older form. */
  private static String entry(Entry entry) {
    String place = entry.term() + "/" + entry.index();
    if (entry.kind() == Entry.Kind.DATA) return place + " EntryNormal \"" + new String(entry.data(), UTF_8).replace("\"", "\\\"") + "\"";
    var change = ConfChange.decode(entry.data());
    var words = change.changes().stream().map(each -> switch (each.type()) {
      case ADD_VOTER -> " v";
      case ADD_LEARNER -> " l";
      case REMOVE -> " r";
      case UPDATE -> " u";
    } + each.id()).collect(Collectors.joining());
    return place + (change.context().length > 0 ? " EntryConfChange" : " EntryConfChangeV2") + words;
  }

  static String lines(List<String> lines) {
    return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
  }

  private static String bracket(List<Entry> entries) {
    if (entries.isEmpty()) return "";
    if (entries.size() == 1) return " Entries:[" + entry(entries.getFirst()) + "]";
    return " Entries:[\n" + entries(entries).indent(2) + "]";
  }

  static String append(long id, StorageAppend append, boolean withResponses) {
    var hard = append.hardState();
    return id + "->AppendThread MsgStorageAppend Term:" + (hard != null ? hard.term() : 0) + " Log:0/0" + (hard != null ? " Commit:" + hard.commit() : "")
        + (hard != null && hard.vote() != 0 ? " Vote:" + hard.vote() : "") + bracket(append.entries())
        + (append.snapshot() != null ? "\n  Snapshot: " + snapshot(append.snapshot()) : "") + (withResponses ? responses(append.responses()) : "");
  }

  static String apply(long id, StorageApply apply, boolean withResponses) {
    return id + "->ApplyThread MsgStorageApply Term:0 Log:0/0" + bracket(apply.entries()) + (withResponses ? responses(List.of(apply.response())) : "");
  }

  private static String responses(List<Message> messages) {
    return messages.isEmpty() ? "" : " Responses:[\n" + lines(messages.stream().map(Text::message).toList()).indent(2) + "]";
  }

  /** The word the transcripts have for a kind of message. */
  static String kind(Message message) {
    return "Msg" + switch (message) {
      case Message.Append m -> "App";
      case Message.AppendResponse m -> "AppResp";
      case Message.Heartbeat m -> "Heartbeat";
      case Message.HeartbeatResponse m -> "HeartbeatResp";
      case Message.VoteRequest m -> m.pre() ? "PreVote" : "Vote";
      case Message.VoteResponse m -> m.pre() ? "PreVoteResp" : "VoteResp";
      case Message.InstallSnapshot m -> "Snap";
      case Message.TimeoutNow m -> "TimeoutNow";
      case Message.ReadIndex m -> "ReadIndex";
      case Message.ReadIndexResponse m -> "ReadIndexResp";
      case Message.Stored m -> "StorageAppendResp";
      case Message.Applied m -> "StorageApplyResp";
    };
  }

  static String message(Message message) {
    String from = message instanceof Message.Stored ? "AppendThread" : message instanceof Message.Applied ? "ApplyThread" : Long.toString(message.from());
    String head = from + "->" + message.to() + " " + kind(message) + " Term:" + message.term() + " Log:";
    return head + switch (message) {
      case Message.Append m -> m.previousTerm() + "/" + m.previousIndex() + (m.commit() != 0 ? " Commit:" + m.commit() : "") + bracket(m.entries());
      case Message.AppendResponse m -> m.hintTerm() + "/" + m.index() + (m.rejected() ? " Rejected (Hint: " + m.hint() + ")" : "");
      case Message.Heartbeat m -> "0/0" + (m.commit() != 0 ? " Commit:" + m.commit() : "");
      case Message.VoteRequest m -> m.lastTerm() + "/" + m.lastIndex();
      case Message.VoteResponse m -> "0/0" + (m.rejected() ? " Rejected (Hint: 0)" : "");
      case Message.InstallSnapshot m -> "0/0\n  Snapshot: " + snapshot(m.snapshot());
      case Message.Stored m -> m.logTerm() + "/" + m.index() + (m.snapshot() != null ? "\n  Snapshot: " + snapshot(m.snapshot()) : "");
      case Message.Applied m -> "0/0" + bracket(m.entries());
      case Message.HeartbeatResponse m -> "0/0";
      case Message.TimeoutNow m -> "0/0";
      case Message.ReadIndex m -> "0/0";
      case Message.ReadIndexResponse m -> "0/" + m.index();
    };
  }
}
