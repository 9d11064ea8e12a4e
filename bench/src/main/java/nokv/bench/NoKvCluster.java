package nokv.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.CompletionStage;
import nokv.api.ColumnFamily;
import nokv.api.KvStore;
import nokv.api.NoKV;
import nokv.api.WriteBatch;
import org.jspecify.annotations.Nullable;

/** Three stores and a timestamp service, started from a distribution as {@code nokv-launcher cluster} does it, and a client opened from their file. */
final class NoKvCluster implements Cluster {
  private static final int STORES = 3;
  private static final int PEERS_BEGIN = 100;

  private final Processes servers;
  private final KvStore store;

  /**
   * @param home of the distribution
   * @param firstPort of eight that are free
   * @param regions cut at equal distances of the keys' first four digits, led by the stores in turn
   */
  NoKvCluster(Path home, Path directory, int firstPort, int regions) throws IOException, InterruptedException {
    servers = new Processes(directory);
    Path file = Files.writeString(Files.createDirectories(directory).resolve("raft_config.json"), config(firstPort, regions));
    try {
      start(home, directory, file, "tso", "-Xmx128m", firstPort, "tso");
      for (int id = 1; id <= STORES; id++) {
        start(home, directory, file, "store-" + id, "-Xmx1g", firstPort + id, "serve", "--store-id", Integer.toString(id), "--workdir", directory.resolve("store-" + id).toString());
      }
      for (int id = 1; id <= STORES; id++) servers.await("store-" + id, "nokv: ready");
      servers.await("tso", "nokv: ready");
      store = NoKV.fromConfig(file);
    } catch (Throwable e) {
      servers.close();
      throw e;
    }
  }

  private void start(Path home, Path directory, Path file, String name, String jvm, int adminPort, String... arguments) throws IOException {
    var command = new ArrayList<String>();
    command.add(home.resolve("bin/nokv-launcher").toString());
    command.addAll(java.util.List.of(arguments));
    command.addAll(java.util.List.of("--config", file.toString(), "-Dmetrics.listen_addr=127.0.0.1:" + (adminPort + STORES + 1)));
    var builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().merge("JAVA_OPTS", jvm, (own, added) -> added + " " + own);
    servers.start(name, builder);
  }

  private static String config(int firstPort, int regions) {
    var stores = new ArrayList<String>();
    for (int id = 1; id <= STORES; id++) stores.add("{store_id = %1$d, listen_addr = \"127.0.0.1:%2$d\", addr = \"127.0.0.1:%2$d\"}".formatted(id, firstPort + id));
    var parts = new ArrayList<String>();
    for (int i = 0; i < regions; i++) {
      var peers = new ArrayList<String>();
      for (int id = 1; id <= STORES; id++) peers.add("{store_id = %d, peer_id = %d}".formatted(id, PEERS_BEGIN * (i + 1) + id));
      parts.add("{id = %d, start_key = \"%s\", end_key = \"%s\", epoch {version = 1, conf_version = 1}, peers = [%s], leader_store_id = %d}".formatted(
          i + 1, bound(i, regions), bound(i + 1, regions), String.join(", ", peers), i % STORES + 1));
    }
    return "tso {listen_addr = \"127.0.0.1:%1$d\", advertise_url = \"127.0.0.1:%1$d\"}\nstores = [%2$s]\nregions = [%3$s]\n".formatted(
        firstPort, String.join(",\n", stores), String.join(",\n", parts));
  }

  private static String bound(int i, int regions) {
    return i == 0 || i == regions ? "" : "%04x".formatted((i << 16) / regions);
  }

  @Override public CompletionStage<?> put(byte[] key, byte[] value) {
    return store.writeAsync(new WriteBatch().put(key, value));
  }

  @Override public CompletionStage<byte @Nullable []> get(byte[] key) {
    return store.getAsync(ColumnFamily.DEFAULT, key);
  }

  @Override public Processes servers() {
    return servers;
  }

  @Override public void close() {
    try (servers; store) {
      // the client first, then its servers
    }
  }
}
