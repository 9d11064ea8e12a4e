package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import nokv.api.Entry;
import org.jspecify.annotations.Nullable;

/** One execution of a command: its arguments, the keys it sees, where its reply goes. One object serves all calls of a run in turn. */
final class Call {
  final RespFrontend server;
  final Keyspace keys;
  private @Nullable ReplyWriter reply;
  private @Nullable Request request;
  private @Nullable Connection connection;
  private boolean blockable;
  private boolean again;
  private @Nullable Wish wish;
  private @Nullable Connection origin;

  /**
   * What a command waits for.
   *
   * @param keys encoded
   * @param timeoutMillis 0 = for ever
   * @param again the arguments it is executed with when a key has been written; null = the same
   */
  record Wish(List<Queued.Watched> keys, long timeoutMillis, byte @Nullable [][] again) {}

  Call(RespFrontend server, Keyspace keys) {
    this.server = server;
    this.keys = keys;
  }

  Call of(Request request, ReplyWriter reply, @Nullable Connection connection) {
    this.request = request;
    this.reply = reply;
    this.connection = connection;
    this.blockable = false;
    this.again = false;
    reply.protocol(request.resp3());
    keys.database(request.db());
    return this;
  }

  /** The same for a request that may wait, which one inside EXEC or a script may not. */
  Call ofWaiting(Request request, ReplyWriter reply, boolean again) {
    of(request, reply, null);
    this.blockable = true;
    this.again = again;
    return this;
  }

  /** From now on, requests come from this connection, also those it does not execute itself. */
  void from(Connection connection) {
    this.origin = connection;
  }

  /** The connection whose request this is; null = nobody's. */
  @Nullable Connection origin() {
    return connection != null ? connection : origin;
  }

  /** Whose request this is; null = nobody's. */
  @Nullable Session client() {
    Connection from = origin();
    return from == null ? null : from.session();
  }

  /** Whether the request has come to wait. */
  boolean isWaiting() {
    return wish != null;
  }

  /** Whether this request has been waiting, and one of its keys was written. */
  boolean isAgain() {
    return again;
  }

  /**
   * For a command that has found nothing: it waits until one of the keys in these arguments is written and is then executed again. It must not have written a reply. If its time is out first, the
   * reply is a null array.
   *
   * @param timeoutMillis 0 = for ever
   * @return false = it may not wait here (in EXEC, in a script): the command replies what it replies when its time is out
   */
  boolean waitFor(int[] arguments, long timeoutMillis) {
    return waitFor(arguments, timeoutMillis, null);
  }

  /** The same; when a key was written, the command is executed with these arguments: an XREAD from $ needs to remember where that was. */
  boolean waitFor(int[] arguments, long timeoutMillis, byte @Nullable [][] changed) {
    if (!blockable) return false;
    var encoded = new java.util.LinkedHashSet<Queued.Watched>();
    for (int i : arguments) encoded.add(new Queued.Watched(keys.metadataKey(arg(i))));
    wish = new Wish(List.copyOf(encoded), timeoutMillis, changed);
    return true;
  }

  /** What the request just executed waits for; null = it is answered. */
  @Nullable Wish takeWish() {
    Wish taken = wish;
    wish = null;
    return taken;
  }

  Request request() {
    return Objects.requireNonNull(request);
  }

  ReplyWriter reply() {
    return Objects.requireNonNull(reply);
  }

  /** The connection's state; only for commands of {@link Access#SESSION}, which run on its event loop. */
  Session session() {
    return Objects.requireNonNull(connection).session();
  }

  Connection connection() {
    return Objects.requireNonNull(connection);
  }

  byte[][] args() {
    return request().args();
  }

  int count() {
    return request().args().length;
  }

  byte[] arg(int i) {
    return request().args()[i];
  }

  String text(int i) {
    return new String(arg(i), StandardCharsets.UTF_8);
  }

  String upper(int i) {
    return text(i).toUpperCase(Locale.ROOT);
  }

  /** Whether argument {@code i} is this word, in any case. */
  boolean is(int i, String upperCase) {
    return equalsIgnoreCase(arg(i), upperCase);
  }

  static boolean equalsIgnoreCase(byte[] bytes, String upperCase) {
    if (bytes.length != upperCase.length()) return false;
    for (int i = 0; i < bytes.length; i++) {
      int b = bytes[i];
      if ((b >= 'a' && b <= 'z' ? b - 32 : b) != upperCase.charAt(i)) return false;
    }
    return true;
  }

  long integer(int i) {
    return Numbers.integer(arg(i));
  }

  /** The command's name in lower case, as error texts show it. */
  String name() {
    return Objects.requireNonNull(request().command()).name();
  }

  /** The metadata record of the key in argument {@code i}, or null. */
  byte @Nullable [] record(int i) {
    return keys.record(arg(i));
  }

  @Nullable Entry entry(int i) {
    return keys.entry(arg(i));
  }
}
