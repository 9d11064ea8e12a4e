package nokv.raftstore.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import nokv.raftstore.raft.Ready.StorageAppend;
import nokv.raftstore.raft.Ready.StorageApply;
import nokv.raftstore.raft.Transcript.Command;

/** Plays a small cluster driven by commands, and writes down all that its nodes do. */
final class InteractionTranscript {
  private static final class Node {
    final RaftNode raft;
    final RaftOptions options;
    final MemoryStorage storage = new MemoryStorage();
    final ArrayDeque<StorageAppend> toAppend = new ArrayDeque<>();
    final ArrayDeque<StorageApply> toApply = new ArrayDeque<>();
    Configuration applied = Configuration.EMPTY;

    Node(RaftOptions options, long index, Configuration configuration) {
      this.options = options;
      if (index > 0) {
        storage.install(new Snapshot(index, 1, configuration, new byte[0]));
        applied = configuration;
      }
      raft = new RaftNode(options, storage, index, new Random(options.id()));
    }

    void apply(List<Entry> entries) {
      for (var entry : entries) {
        if (entry.kind() == Entry.Kind.CHANGE) {
          applied = applied.after(ConfChange.decode(entry.data()));
          raft.applyConfiguration(entry.index(), applied);
        }
        storage.applied(new Snapshot(entry.index(), entry.term(), applied, new byte[0]));
      }
    }
  }

  private final List<Node> nodes = new ArrayList<>();
  private List<Message> messages = new ArrayList<>();
  private StringBuilder output = new StringBuilder();
  private boolean quiet;

  String run(Command command) {
    output = new StringBuilder();
    boolean wasQuiet = quiet;
    quiet |= "none".equals(command.options().get("log-level"));
    execute(command);
    boolean silent = quiet;
    if (!command.name().equals("log-level")) quiet = wasQuiet;
    return silent ? "" : output.toString();
  }

  private void execute(Command command) {
    switch (command.name()) {
      case "log-level" -> quiet = command.arguments().getFirst().equals("none");
      case "add-nodes" -> addNodes(command);
      case "campaign" -> each(command, node -> node.raft.campaign());
      case "propose" -> say(node(command.number(0)).raft.propose(command.arguments().get(1).getBytes(UTF_8)));
      case "propose-conf-change" -> say(node(command.number(0)).raft.propose(change(command)));
      case "tick-election" -> each(command, node -> tick(node, node.options.electionTicks()));
      case "tick-heartbeat" -> each(command, node -> tick(node, node.options.heartbeatTicks()));
      case "deliver-msgs" -> deliver(command);
      case "process-ready" -> titled(command, "handling Ready", this::processReady);
      case "process-append-thread" -> titled(command, "processing append thread", this::processAppend);
      case "process-apply-thread" -> titled(command, "processing apply thread", this::processApply);
      case "stabilize" -> stabilize(command.arguments().isEmpty() ? nodes : command.ids().stream().map(this::node).toList());
      case "raft-log" -> each(command, this::printLog);
      case "raft-state" -> nodes.forEach(this::printState);
      case "status" -> each(command, node -> {
        if (node.raft.role() instanceof Leader leader) output.append(Text.progress(node.raft.configuration(), leader.peers()));
      });
      case "compact" -> node(command.number(0)).storage.compact(command.number(1));
      case "send-snapshot" -> sendSnapshot(node(command.number(0)), command.number(1));
      case "report-unreachable" -> node(command.number(0)).raft.reportUnreachable(command.number(1));
      case "forget-leader" -> each(command, node -> node.raft.forgetLeader());
      case "transfer-leadership" -> node(command.numbers("from")[0]).raft.transferLeadership(command.numbers("to")[0]);
      case "set-randomized-election-timeout" -> node(command.number(0)).raft.electionTimeout((int) command.numbers("timeout")[0]);
      default -> throw new AssertionError("unknown command");
    }
  }

  private Node node(long id) {
    return nodes.get((int) id - 1);
  }

  private void each(Command command, Consumer<Node> action) {
    command.ids().stream().map(this::node).forEach(action);
  }

  private void say(Proposal proposal) {
    if (proposal instanceof Proposal.Refused) output.append("raft proposal dropped\n");
  }

  private static void tick(Node node, int ticks) {
    for (int i = 0; i < ticks; i++) node.raft.tick();
  }

  private void addNodes(Command command) {
    long index = command.options().containsKey("index") ? command.numbers("index")[0] : 0;
    var configuration = Configuration.of(IdSet.of(command.numbers("voters")), IdSet.of(command.numbers("learners")));
    int inflight = command.options().containsKey("inflight") ? (int) command.numbers("inflight")[0] : Integer.MAX_VALUE;
    long applyBytes = command.options().containsKey("max-committed-size-per-ready") ? command.numbers("max-committed-size-per-ready")[0] : Long.MAX_VALUE;
    for (int i = 0; i < command.number(0); i++) {
      var options = new RaftOptions(nodes.size() + 1, 3, 1, command.flag("prevote"), command.flag("checkquorum"), "lease-based".equals(command.options().get("read-only")),
          command.flag("async-storage-writes"), command.flag("step-down-on-removal"), !command.flag("disable-conf-change-validation"), Long.MAX_VALUE, applyBytes,
          Long.MAX_VALUE, inflight, 0);
      nodes.add(new Node(options, index, configuration));
    }
  }

  private static ConfChange change(Command command) {
    var transition = switch (command.options().getOrDefault("transition", "auto")) {
      case "implicit" -> ConfChange.Transition.JOINT_IMPLICIT;
      case "explicit" -> ConfChange.Transition.JOINT_EXPLICIT;
      default -> ConfChange.Transition.AUTO;
    };
    return new ConfChange(transition, ChangeTranscript.changes(command.input()), new byte[command.flag("v1") ? 1 : 0]);
  }

  private void deliver(Command command) {
    Predicate<Message> wanted = message -> !command.options().containsKey("type") || Text.kind(message).equals(command.options().get("type"));
    for (long id : command.ids()) deliver(id, wanted);
    for (long id : command.numbers("drop")) {
      for (var message : take(message -> message.to() == id && !message.isLocal() && wanted.test(message))) output.append("dropped: ").append(Text.message(message)).append('\n');
    }
  }

  private void deliver(long id, Predicate<Message> wanted) {
    for (var message : take(message -> message.to() == id && wanted.test(message))) {
      output.append(Text.message(message)).append('\n');
      if (!node(id).raft.step(message)) output.append("raft: cannot step as peer not found\n");
    }
  }

  private List<Message> take(Predicate<Message> wanted) {
    var split = messages.stream().collect(Collectors.partitioningBy(wanted));
    messages = new ArrayList<>(split.get(false));
    return split.get(true);
  }

  private void titled(Command command, String title, Consumer<Node> action) {
    each(command, node -> {
      if (command.ids().size() == 1) action.accept(node);
      else titled(node, title, () -> action.accept(node));
    });
  }

  private void titled(Node node, String title, Runnable action) {
    output.append("> %d %s\n".formatted(node.raft.id(), title));
    var outer = output;
    output = new StringBuilder();
    action.run();
    outer.append(output.toString().indent(2));
    output = outer;
  }

  private void processReady(Node node) {
    var ready = node.raft.ready();
    output.append(Text.ready(node.raft.id(), ready));
    messages.addAll(ready.messages());
    if (node.options.asyncStorage()) {
      if (ready.append() != null) node.toAppend.add(ready.append());
      if (ready.apply() != null) node.toApply.add(ready.apply());
      return;
    }
    node.storage.store(ready.hardState(), ready.snapshot(), ready.entries());
    if (ready.snapshot() != null) node.applied = ready.snapshot().configuration();
    node.apply(ready.committed());
    node.raft.advance();
  }

  private void processAppend(Node node) {
    var append = node.toAppend.remove();
    output.append("Processing:\n").append(Text.append(node.raft.id(), append, false)).append('\n');
    node.storage.store(append.hardState(), append.snapshot(), append.entries());
    respond(append.responses());
  }

  private void processApply(Node node) {
    var apply = node.toApply.remove();
    output.append("Processing:\n").append(Text.apply(node.raft.id(), apply, false)).append('\n');
    node.apply(apply.entries());
    respond(List.of(apply.response()));
  }

  private void respond(List<? extends Message> responses) {
    output.append("Responses:\n");
    for (var response : responses) output.append(Text.message(response)).append('\n');
    messages.addAll(responses);
  }

  private void stabilize(List<Node> some) {
    boolean busy = true;
    while (busy) {
      busy = false;
      for (var node : some) busy |= perform(node, node.raft.hasReady(), "handling Ready", () -> processReady(node));
      for (var node : some) {
        long id = node.raft.id();
        busy |= perform(node, messages.stream().anyMatch(message -> message.to() == id), "receiving messages", () -> deliver(id, message -> true));
      }
      for (var node : some) {
        busy |= perform(node, !node.toAppend.isEmpty(), "processing append thread", () -> {
          while (!node.toAppend.isEmpty()) processAppend(node);
        });
      }
      for (var node : some) {
        busy |= perform(node, !node.toApply.isEmpty(), "processing apply thread", () -> {
          while (!node.toApply.isEmpty()) processApply(node);
        });
      }
    }
  }

  private boolean perform(Node node, boolean due, String title, Runnable action) {
    if (due) titled(node, title, action);
    return due;
  }

  private void printLog(Node node) {
    var storage = node.storage;
    if (storage.firstIndex() > storage.lastIndex()) output.append("log is empty: first index=%d, last index=%d\n".formatted(storage.firstIndex(), storage.lastIndex()));
    else output.append(Text.entries(storage.entries(storage.firstIndex(), storage.lastIndex() + 1, Long.MAX_VALUE)));
  }

  private void printState(Node node) {
    var soft = node.raft.softState();
    boolean voter = node.raft.configuration().isVoter(node.raft.id());
    output.append("%d: %s %s Term:%d Lead:%d\n".formatted(node.raft.id(), Text.role(soft.role()), voter ? "(Voter)" : "(Non-Voter)", node.raft.term(), soft.leader()));
  }

  private void sendSnapshot(Node from, long to) {
    var message = new Message.InstallSnapshot(from.raft.id(), to, from.raft.term(), from.storage.snapshot());
    messages.add(message);
    output.append(Text.message(message)).append('\n');
  }
}
