package nokv.protocol.resp;

import org.jspecify.annotations.Nullable;

/** What one connection has chosen. Belongs to its event loop; what execution needs of it is copied into each {@link Request}. */
final class Session {
  final long id;
  final String address;
  final String localAddress;
  final long createdMillis;
  volatile int db;
  /** Who it is; the default user until it logs in. Given by {@link Acl#welcome}. */
  volatile AclUser user;
  volatile boolean authenticated;
  volatile boolean resp3;
  volatile String name = "";
  volatile String libraryName = "";
  volatile String libraryVersion = "";
  volatile String lastCommand = "NULL";
  volatile long lastMillis;
  /** Bytes of the last request as it arrived. */
  volatile long queryBytes;
  /** Between MULTI and EXEC. */
  boolean multi;
  /** What is sent to this connection: CLIENT REPLY. */
  Replies replies = Replies.ON;
  volatile boolean monitoring;
  /** Null = it is not told of keys that change. */
  volatile @Nullable ClientTracking tracking;
  @Nullable Queued queued;

  /** Whether replies are sent; SKIPPING: not the one of CLIENT REPLY SKIP and the next. */
  enum Replies { ON, OFF, SKIPPING }

  private final java.util.List<java.util.Set<PubSub.Name>> subscriptions = java.util.List.of(ordered(), ordered(), ordered());

  private static java.util.Set<PubSub.Name> ordered() {
    return java.util.Collections.synchronizedSet(new java.util.LinkedHashSet<>());
  }

  /** What it listens to. */
  java.util.Set<PubSub.Name> subscriptions(PubSub.Kind kind) {
    return subscriptions.get(kind.ordinal());
  }

  boolean isSubscribed() {
    for (var each : subscriptions) if (!each.isEmpty()) return true;
    return false;
  }

  /** The request just taken is answered by pushes, which CLIENT REPLY does not hold back. */
  boolean pushed;

  /** Whether {@link #pushed} is set, which it is no more. */
  boolean takesPush() {
    boolean was = pushed;
    pushed = false;
    return was;
  }

  /** Whether the reply to a request that has just been taken is not sent; {@code before} is what held before it. */
  boolean isMuted(Replies before) {
    if (replies != Replies.SKIPPING) return replies == Replies.OFF;
    if (before == Replies.SKIPPING) replies = Replies.ON;
    return true;
  }

  Session(long id, String address, String localAddress, long createdMillis, Acl acl) {
    this.id = id;
    this.address = address;
    this.localAddress = localAddress;
    this.createdMillis = createdMillis;
    this.lastMillis = createdMillis;
    this.user = acl.defaultUser();
    acl.welcome(this);
  }

  /** Watches and queued requests of this connection, begun if there are none. */
  Queued queued() {
    Queued current = queued;
    if (current == null) {
      current = new Queued();
      queued = current;
    }
    return current;
  }

  /** Ends MULTI and drops all watches. */
  void discard() {
    multi = false;
    queued = null;
  }

  void reset() {
    discard();
    db = 0;
    resp3 = false;
    name = "";
    replies = Replies.ON;
    monitoring = false;
  }

  private String flags() {
    ClientTracking tracked = tracking;
    String flags = (monitoring ? "O" : "") + (isSubscribed() ? "P" : "") + (multi ? "x" : "") + (tracked == null ? "" : "t") + (tracked != null && tracked.redirectBroken ? "R" : "")
        + (tracked != null && tracked.broadcast ? "B" : "");
    return flags.isEmpty() ? "N" : flags;
  }

  /** As a line of CLIENT LIST. */
  String describe(long now) {
    Queued transaction = queued;
    ClientTracking tracked = tracking;
    return "id=" + id + " addr=" + address + " laddr=" + localAddress + " fd=" + (id + 7) + " name=" + name + " age=" + (now - createdMillis) / 1000 + " idle="
        + Math.max(0, now - lastMillis) / 1000 + " flags=" + flags() + " db=" + db + " sub=" + subscriptions(PubSub.Kind.CHANNEL).size() + " psub=" + subscriptions(PubSub.Kind.PATTERN).size() + " ssub=" + subscriptions(PubSub.Kind.SHARD).size() + " multi="
        + (multi && transaction != null ? transaction.requests.size() : -1) + " qbuf=" + queryBytes + " qbuf-free=" + 16 * 1024 + " argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=0 oll=0 omem=0 tot-mem=0"
        + " events=r cmd=" + lastCommand + " user=" + user.name + " redir=" + (tracked == null ? -1 : tracked.redirectId) + " resp=" + (resp3 ? 3 : 2);
  }
}
