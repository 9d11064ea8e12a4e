package nokv.bench;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Three members of Debian's {@code etcd-server} with its defaults, through jetcd. */
final class EtcdCluster implements Cluster {
  private static final int MEMBERS = 3;

  private final Processes servers;
  private final Client client;
  private final KV kv;

  /** @param firstPort of six that are free */
  EtcdCluster(Path directory, int firstPort) throws IOException, InterruptedException {
    servers = new Processes(directory);
    Files.createDirectories(directory);
    var members = new ArrayList<String>();
    var endpoints = new ArrayList<String>();
    for (int i = 0; i < MEMBERS; i++) {
      endpoints.add("http://127.0.0.1:" + (firstPort + 2 * i));
      members.add("member-" + i + "=http://127.0.0.1:" + (firstPort + 2 * i + 1));
    }
    try {
      for (int i = 0; i < MEMBERS; i++) {
        String peer = members.get(i).substring(members.get(i).indexOf('=') + 1);
        servers.start("member-" + i, new ProcessBuilder("etcd", "--name", "member-" + i, "--data-dir", directory.resolve("member-" + i).toString(), "--listen-client-urls", endpoints.get(i),
            "--advertise-client-urls", endpoints.get(i), "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", String.join(",", members),
            "--initial-cluster-state", "new").directory(directory.toFile()));
      }
      for (int i = 0; i < MEMBERS; i++) servers.await("member-" + i, "ready to serve client requests");
      client = Client.builder().endpoints(endpoints.toArray(String[]::new)).build();
      kv = client.getKVClient();
    } catch (Throwable e) {
      servers.close();
      throw e;
    }
  }

  @Override public CompletionStage<?> put(byte[] key, byte[] value) {
    return kv.put(ByteSequence.from(key), ByteSequence.from(value));
  }

  @Override public CompletionStage<byte @Nullable []> get(byte[] key) {
    return kv.get(ByteSequence.from(key)).thenApply(answer -> answer.getKvs().isEmpty() ? null : answer.getKvs().getFirst().getValue().getBytes());
  }

  @Override public Processes servers() {
    return servers;
  }

  @Override public void close() {
    client.close();
    servers.close();
  }
}
