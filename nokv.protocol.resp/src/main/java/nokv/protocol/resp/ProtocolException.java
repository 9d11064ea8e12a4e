package nokv.protocol.resp;

import java.io.Serial;

/** What came is not the protocol: the client gets this text as its last reply and the connection is closed. */
final class ProtocolException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  ProtocolException(String what) {
    super("ERR Protocol error: " + what, null, false, false);
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
