package nokv.raftstore.net;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Makes an authority and certificates of it with the JDK's keytool, as PEM files in a directory. */
final class Certificates {
  private static final String PASSWORD = "secret";

  private final Path directory;

  Certificates(Path directory) throws Exception {
    this.directory = directory;
    keytool("-genkeypair", "-alias", "ca", "-keyalg", "EC", "-dname", "CN=" + directory.getFileName(), "-ext", "bc:c", "-validity", "2");
    Files.write(ca(), keytool("-exportcert", "-rfc", "-alias", "ca"));
  }

  Path ca() {
    return directory.resolve("ca.pem");
  }

  Path cert(String name) {
    return directory.resolve(name + ".pem");
  }

  Path key(String name) {
    return directory.resolve(name + ".key");
  }

  Certificates issue(String name) throws Exception {
    keytool("-genkeypair", "-alias", name, "-keyalg", "EC", "-dname", "CN=" + name, "-validity", "2");
    byte[] request = keytool("-certreq", "-alias", name);
    Files.write(cert(name), keytool(request, "-gencert", "-rfc", "-alias", "ca", "-ext", "san=ip:127.0.0.1,dns:localhost", "-validity", "2"));
    var store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(directory.resolve("all.p12"))) {
      store.load(in, PASSWORD.toCharArray());
    }
    String pem = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(store.getKey(name, PASSWORD.toCharArray()).getEncoded());
    Files.writeString(key(name), "-----BEGIN PRIVATE KEY-----\n" + pem + "\n-----END PRIVATE KEY-----\n");
    return this;
  }

  private byte[] keytool(String... arguments) throws IOException, InterruptedException {
    return keytool(new byte[0], arguments);
  }

  private byte[] keytool(byte[] input, String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of(arguments));
    command.addAll(List.of("-keystore", directory.resolve("all.p12").toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
    var process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (var out = process.getOutputStream()) {
      new ByteArrayInputStream(input).transferTo(out);
    }
    byte[] output = process.getInputStream().readAllBytes();
    if (process.waitFor() != 0) throw new IOException(command + " failed");
    return output;
  }
}
