package nokv.protocol.resp;

import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import nokv.api.ConfigException;
import nokv.spi.Option;
import nokv.spi.Options;
import org.jspecify.annotations.Nullable;

/** The block {@code resp} of the config file, checked. The meaning of each option is in its declaration. */
record RespOptions(String host, int port, int ioThreads, long maxConnections, long maxBulkBytes, long maxArguments, long maxRequestBytes, long inFlightBytes,
    long outputLimitBytes, Duration closeTimeout, String password, List<String> users, @Nullable SslContext tls) {

  static final List<Option> DECLARED = Stream.concat(Stream.of(
      Option.of("listen_addr", Option.Type.ADDRESS, "127.0.0.1:6380", "Where Redis clients connect. Port 0 takes a free one. Without `requirepass` or `users` whoever reaches it may do everything: keep it on a loopback or trusted network then."),
      Option.of("io_threads", Option.Type.INTEGER, "2", "Event loops, 1 to 64; connections are spread over them. Raise it on machines with many cores and thousands of busy connections."),
      Option.of("max_connections", Option.Type.INTEGER, "10000", "Connections at one time; further ones are told \"max number of clients reached\" and closed."),
      Option.of("max_bulk", Option.Type.SIZE, "512MiB", "Bytes of one argument, at most 512MiB. Lower it to protect a small heap."),
      Option.of("max_arguments", Option.Type.INTEGER, "1048576", "Arguments of one command."),
      Option.of("max_request", Option.Type.SIZE, "1GiB", "Bytes of one command with all its arguments; a larger one ends the connection."),
      Option.of("in_flight", Option.Type.SIZE, "1MiB", "Bytes of requests a connection may have waiting behind those being executed; beyond, nothing more is read from it for a while."),
      Option.of("output_limit", Option.Type.SIZE, "256MiB", "Bytes of replies a client may leave unread; one that is owed more is cut. At most 1GiB."),
      Option.of("close_timeout", Option.Type.DURATION, "5s", "How long closing waits for requests under way before it cuts their connections."),
      Option.of("requirepass", Option.Type.TEXT, "", "Password of the user `default`, as in Redis. Set here, CONFIG SET and ACL SETUSER cannot change it. Unset = none is needed, unless one was set by CONFIG SET, which the store keeps."),
      Option.of("users", Option.Type.LIST, "", "Users that ACL SETUSER does not change, each a text of name and rules as ACL LIST shows them without `user`: \"app on #<SHA-256 of the password> ~app:* +@all -@dangerous\". All others are kept in the store.")), Tls.OPTIONS.stream()).toList();

  static RespOptions of(Options options) {
    String address = options.text("listen_addr");
    int colon = address.lastIndexOf(':');
    String host = address.substring(0, colon).replaceAll("[\\[\\]]", "");
    return new RespOptions(host, Integer.parseInt(address.substring(colon + 1)), (int) within(options, "io_threads", 1, 64), within(options, "max_connections", 1, 1_000_000),
        size(options, "max_bulk", 1024, 512L << 20), within(options, "max_arguments", 16, Integer.MAX_VALUE), size(options, "max_request", 64 << 10, 4L << 30),
        size(options, "in_flight", 4096, 1L << 30), size(options, "output_limit", 64 << 10, 1L << 30), options.duration("close_timeout"), options.has("requirepass") ? options.text("requirepass") : "",
        options.has("users") ? options.list("users").stream().map(String::valueOf).toList() : List.of(), Tls.of(options));
  }

  private static long within(Options options, String name, long min, long max) {
    return checked(name, options.integer(name), min, max);
  }

  private static long size(Options options, String name, long min, long max) {
    return checked(name, options.size(name), min, max);
  }

  private static long checked(String name, long value, long min, long max) {
    if (value < min || value > max) throw new ConfigException("resp." + name + " is " + value + ", expected " + min + " to " + max);
    return value;
  }
}
