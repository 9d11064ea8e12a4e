package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;

/** What MONITOR and the slow log do not show. */
final class Secrets {
  private static final byte[] HIDDEN = "(redacted)".getBytes(StandardCharsets.UTF_8);

  private Secrets() {}

  /** The arguments with passwords hidden: all of AUTH and HELLO with AUTH, the rules of ACL SETUSER, CONFIG SET requirepass. */
  static byte[][] hidden(byte[][] args) {
    int from = 0;
    if (Call.equalsIgnoreCase(args[0], "AUTH")) from = 1;
    else if (Call.equalsIgnoreCase(args[0], "HELLO") && args.length > 2) from = 2;
    else if (Call.equalsIgnoreCase(args[0], "ACL") && args.length > 2 && Call.equalsIgnoreCase(args[1], "SETUSER")) from = 2;
    else if (Call.equalsIgnoreCase(args[0], "CONFIG") && args.length > 3) from = position(args);
    if (from == 0) return args;
    byte[][] hidden = args.clone();
    for (int i = from; i < hidden.length; i++) hidden[i] = HIDDEN;
    return hidden;
  }

  private static int position(byte[][] args) {
    for (int i = 2; i + 1 < args.length; i += 2) if (Call.equalsIgnoreCase(args[i], "REQUIREPASS")) return i + 1;
    return 0;
  }
}
