package nokv.raftstore.placement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import nokv.raftstore.placement.ClusterView.State;
import nokv.raftstore.placement.ClusterView.StoreView;
import nokv.raftstore.proto.Epoch;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.RegionStatus;
import nokv.raftstore.raft.Transcript;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Goal: what placement decides is right and comes to an end. Method: states of clusters with the decisions expected, in {@code src/test/data/placement.txt} (rewritten with
 * {@code -Dnokv.rewrite=true}); and clusters drawn by lot, whose decisions are carried out until there are none.
 */
final class DecisionsTest {
  private static final Path FILE = Path.of("src/test/data/placement.txt");

  @Test void theDecisionsOfEachStateAreThoseOfTheFile() throws IOException {
    var commands = Transcript.read(FILE).commands();
    if (Boolean.getBoolean("nokv.rewrite")) {
      rewrite(commands);
      return;
    }
    for (var command : commands) assertEquals(command.expected(), decide(command), FILE + ":" + command.line());
  }

  private static void rewrite(List<Transcript.Command> commands) throws IOException {
    var lines = Files.readAllLines(FILE);
    var written = new ArrayList<String>();
    int at = 0;
    for (var command : commands) {
      int begin = command.line() - 1;
      // Comments and blank lines before it.
      while (at < begin) written.add(lines.get(at++));
      while (!lines.get(at).equals("----")) written.add(lines.get(at++));
      written.add(lines.get(at++));
      written.addAll(decide(command).lines().toList());
      while (at < lines.size() && !lines.get(at).isBlank()) at++;
    }
    written.addAll(lines.subList(at, lines.size()));
    Files.write(FILE, written);
  }

  private static String decide(Transcript.Command command) {
    var stores = new ArrayList<StoreView>();
    var regions = new ArrayList<RegionStatus>();
    var underWay = new ArrayList<Operator>();
    for (String line : command.input()) {
      var words = line.split("\\s+");
      var options = new HashMap<String, String>();
      for (String word : words) if (word.contains("=")) options.put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
      switch (words[0]) {
        case "stores" -> {
          for (String word : Arrays.copyOfRange(words, 1, words.length)) stores.add(new StoreView(Long.parseLong(word.split(":")[0]), State.valueOf(word.split(":")[1].toUpperCase()), 0));
        }
        case "region" -> regions.add(region(Long.parseLong(words[1]), options.get("peers").split(","), Long.parseLong(options.get("leader"))));
        case "adding" -> underWay.add(new Operator.AddPeer(Long.parseLong(words[1]), Epoch.getDefaultInstance(), Long.parseLong(options.get("store")), Long.parseLong(options.getOrDefault("from", "0")), ""));
        default -> throw new IllegalArgumentException(line);
      }
    }
    var text = new StringBuilder();
    for (Operator operator : Decisions.of(new ClusterView(stores, regions, underWay), Integer.parseInt(command.options().get("replicas")))) {
      text.append("region ").append(operator.regionId()).append(": ").append(operator).append(", since ").append(operator.reason()).append('\n');
    }
    return text.isEmpty() ? "nothing\n" : text.toString();
  }

  /** @param peers stores; with an l a learner, with a p one that is to get its vote */
  private static RegionStatus region(long id, String[] peers, long leader) {
    var region = Region.newBuilder().setId(id).setEpoch(Epoch.newBuilder().setVersion(1).setConfVersion(1));
    for (String peer : peers) {
      long store = Long.parseLong(peer.replaceAll("[lp]", ""));
      region.addPeers(Peer.newBuilder().setStoreId(store).setPeerId(id * 100 + store).setLearner(!peer.matches("\\d+")).setPromote(peer.endsWith("p")));
    }
    return RegionStatus.newBuilder().setRegion(region).setLeader(Peer.newBuilder().setStoreId(leader)).build();
  }

  @ParameterizedTest @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void whatIsDecidedComesToAnEnd(long seed) {
    var random = new Random(seed);
    int count = 3 + random.nextInt(5);
    var stores = new ArrayList<StoreView>();
    for (long id = 1; id <= count; id++) stores.add(new StoreView(id, id > 3 && random.nextInt(4) == 0 ? State.GONE : State.STEADY, 0));
    Map<Long, RegionStatus> regions = new HashMap<>();
    for (long id = 1; id <= 40; id++) {
      var all = new ArrayList<String>();
      for (int store = 1; store <= count; store++) all.add(String.valueOf(store));
      java.util.Collections.shuffle(all, random);
      String[] peers = all.subList(0, 3).toArray(String[]::new);
      long leader = Arrays.stream(peers).mapToLong(Long::parseLong).filter(store -> stores.get((int) store - 1).isUp()).min().orElse(0);
      if (leader != 0) regions.put(id, region(id, peers, leader));
    }
    int rounds = 0;
    for (List<Operator> decided; !(decided = decide(stores, regions)).isEmpty(); rounds++) {
      assertTrue(rounds < 400, "it goes on and on, seed " + seed);
      for (Operator operator : decided) regions.compute(operator.regionId(), (id, region) -> carriedOut(operator, region));
    }
    for (RegionStatus region : regions.values()) {
      assertEquals(3, region.getRegion().getPeersCount(), "seed " + seed);
      for (Peer peer : region.getRegion().getPeersList()) assertTrue(stores.get((int) peer.getStoreId() - 1).isUp(), "seed " + seed);
    }
    var leaders = new ArrayList<Long>();
    var peers = new ArrayList<Long>();
    for (StoreView store : stores) {
      if (!store.isUp()) continue;
      leaders.add(regions.values().stream().filter(region -> region.getLeader().getStoreId() == store.id()).count());
      peers.add(regions.values().stream().filter(region -> region.getRegion().getPeersList().stream().anyMatch(peer -> peer.getStoreId() == store.id())).count());
    }
    assertEven(leaders, 2, "leaders", seed);
    assertEven(peers, 2, "peers", seed);
  }

  private static List<Operator> decide(List<StoreView> stores, Map<Long, RegionStatus> regions) {
    return Decisions.of(new ClusterView(stores, regions.values().stream().sorted(Comparator.comparingLong(region -> region.getRegion().getId())).toList(), List.of()), 3);
  }

  private static RegionStatus carriedOut(Operator operator, RegionStatus status) {
    var region = status.getRegion().toBuilder();
    var changed = status.toBuilder();
    switch (operator) {
      case Operator.AddPeer add -> region.addPeers(Peer.newBuilder().setStoreId(add.store()).setPeerId(1000 + add.store()));
      case Operator.RemovePeer remove -> {
        region.clearPeers().addAllPeers(status.getRegion().getPeersList().stream().filter(peer -> peer.getPeerId() != remove.peer().getPeerId()).toList());
        // One that leads hands over first.
        if (status.getLeader().getStoreId() == remove.peer().getStoreId()) changed.setLeader(region.getPeers(0));
      }
      case Operator.TransferLeader transfer -> changed.setLeader(transfer.to());
    }
    return changed.setRegion(region).build();
  }

  private static void assertEven(List<Long> counts, long tolerance, String what, long seed) {
    long most = counts.stream().max(Comparator.naturalOrder()).orElseThrow();
    long least = counts.stream().min(Comparator.naturalOrder()).orElseThrow();
    assertTrue(most - least <= tolerance, what + " " + counts + ", seed " + seed);
  }
}
