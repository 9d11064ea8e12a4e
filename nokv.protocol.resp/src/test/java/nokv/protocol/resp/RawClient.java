package nokv.protocol.resp;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A client that shows replies as the bytes they are. */
final class RawClient implements AutoCloseable {
  private static final int READ_MILLIS = 20_000;
  private final Socket socket = new Socket();
  private final InputStream in;

  RawClient(SocketAddress address) throws IOException {
    socket.connect(new InetSocketAddress("127.0.0.1", ((InetSocketAddress) address).getPort()));
    socket.setSoTimeout(READ_MILLIS);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
  }

  Socket socket() {
    return socket;
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  void send(String bytes) throws IOException {
    send(bytes.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends a command as an array of bulk strings. */
  void command(List<byte[]> words) throws IOException {
    var out = new ByteArrayOutputStream();
    out.writeBytes(("*" + words.size() + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    for (byte[] word : words) {
      out.writeBytes(("$" + word.length + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      out.writeBytes(word);
      out.writeBytes(new byte[] {'\r', '\n'});
    }
    send(out.toByteArray());
  }

  /** One command line of blank-separated words, and its reply. */
  String call(String line) throws IOException {
    byte[] bytes = line.getBytes(StandardCharsets.ISO_8859_1);
    List<byte[]> words = InlineWords.split(bytes, bytes.length);
    if (words == null) throw new IllegalArgumentException(line);
    command(words);
    return reply();
  }

  /** One whole reply; "" where the connection is closed. */
  String reply() throws IOException {
    var reply = new StringBuilder();
    try {
      reply(reply);
    } catch (EOFException e) {
      if (!reply.isEmpty()) throw e;
    }
    return reply.toString();
  }

  private void reply(StringBuilder reply) throws IOException {
    String line = line();
    reply.append(line);
    long n = switch (line.charAt(0)) {
      case '$', '=', '*', '~', '>', '%' -> Long.parseLong(line.substring(1).trim());
      default -> -1;
    };
    switch (line.charAt(0)) {
      case '$', '=' -> {
        if (n >= 0) reply.append(new String(in.readNBytes((int) n + 2), StandardCharsets.ISO_8859_1));
      }
      case '*', '~', '>' -> {
        for (long i = 0; i < n; i++) reply(reply);
      }
      case '%' -> {
        for (long i = 0; i < 2 * n; i++) reply(reply);
      }
      default -> { }
    }
  }

  private String line() throws IOException {
    var line = new StringBuilder();
    while (line.length() < 2 || line.charAt(line.length() - 2) != '\r' || line.charAt(line.length() - 1) != '\n') {
      int b = in.read();
      if (b < 0) throw new EOFException("closed after \"" + line + "\"");
      line.append((char) b);
    }
    return line.toString();
  }

  @Override public void close() throws IOException {
    socket.close();
  }
}
