package nokv.protocol.resp;

/** Commands of Redis that have no place here: known, so that ACL rules and COMMAND name them, and refused with the reason. */
final class RefusedCommands {
  private RefusedCommands() {}

  /** What concerns Redis Cluster, in the words of a Redis that is not part of one. */
  static void cluster(Call call) {
    throw new RedisError("ERR This instance has cluster support disabled");
  }

  /** REPLICAOF NO ONE is what holds anyway. */
  static void replicaof(Call call) {
    if (!call.is(1, "NO") || !call.is(2, "ONE")) throw new RedisError("ERR this server replicates as part of a cluster of stores, not from another Redis");
    call.reply().ok();
  }

  static void failover(Call call) {
    throw new RedisError("ERR FAILOVER requires connected replicas.");
  }

  static void replication(Call call) {
    throw new RedisError("ERR this server sends no replication stream");
  }

  static void migrate(Call call) {
    throw new RedisError("ERR MIGRATE is not offered here; use DUMP and RESTORE");
  }

  static void modules(Call call) {
    call.reply().array(0);
  }

  static void module(Call call) {
    throw new RedisError("ERR modules of Redis cannot be loaded here");
  }
}
