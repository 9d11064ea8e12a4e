package nokv.protocol.resp;

import org.jspecify.annotations.Nullable;

/** What one connection has chosen. Belongs to its event loop; what execution needs of it is copied into each {@link Request}. */
final class Session {
  final long id;
  final String address;
  final String localAddress;
  final long createdMillis;
  volatile int db;
  volatile boolean resp3;
  volatile String name = "";
  volatile String libraryName = "";
  volatile String libraryVersion = "";
  volatile String lastCommand = "NULL";
  volatile long lastMillis;
  /** Between MULTI and EXEC. */
  boolean multi;
  @Nullable Queued queued;

  Session(long id, String address, String localAddress, long createdMillis) {
    this.id = id;
    this.address = address;
    this.localAddress = localAddress;
    this.createdMillis = createdMillis;
    this.lastMillis = createdMillis;
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
  }

  /** As a line of CLIENT LIST. */
  String describe(long now) {
    Queued transaction = queued;
    return "id=" + id + " addr=" + address + " laddr=" + localAddress + " fd=" + (id + 7) + " name=" + name + " age=" + (now - createdMillis) / 1000 + " idle="
        + Math.max(0, now - lastMillis) / 1000 + " flags=" + (multi ? "x" : "N") + " db=" + db + " sub=0 psub=0 ssub=0 multi="
        + (multi && transaction != null ? transaction.requests.size() : -1) + " qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=0 oll=0 omem=0 tot-mem=0"
        + " events=r cmd=" + lastCommand + " user=default redir=-1 resp=" + (resp3 ? 3 : 2);
  }
}
