package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
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

  Call(RespFrontend server, Keyspace keys) {
    this.server = server;
    this.keys = keys;
  }

  Call of(Request request, ReplyWriter reply, @Nullable Connection connection) {
    this.request = request;
    this.reply = reply;
    this.connection = connection;
    reply.protocol(request.resp3());
    keys.database(request.db());
    return this;
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
