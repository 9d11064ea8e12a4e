import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The requests of the training run for the AOT cache: whatever listens according to the line that says ready gets a few of those it will see first. */
public final class Train {
  public static void main(String[] arguments) throws Exception {
    Matcher addresses = Pattern.compile("(http://)?127\\.0\\.0\\.1:\\d+").matcher(Files.readString(Path.of(arguments[0])));
    while (addresses.find()) {
      String address = addresses.group();
      if (address.startsWith("http")) {
        for (String page : new String[] {"/health", "/metrics", "/stats"}) URI.create(address + page).toURL().openStream().readAllBytes();
      } else {
        talk(Integer.parseInt(address.substring(address.indexOf(':') + 1)));
      }
    }
  }

  private static void talk(int port) throws Exception {
    try (var socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(2_000);
      var request = new StringBuilder("PING\r\n");
      for (int i = 0; i < 200; i++) request.append("*3\r\n$3\r\nSET\r\n$5\r\ntrain\r\n$5\r\nvalue\r\n*2\r\n$3\r\nGET\r\n$5\r\ntrain\r\n");
      socket.getOutputStream().write(request.append("QUIT\r\n").toString().getBytes(StandardCharsets.US_ASCII));
      InputStream replies = socket.getInputStream();
      byte[] chunk = new byte[8192];
      while (replies.read(chunk) >= 0) continue;
    }
  }
}
