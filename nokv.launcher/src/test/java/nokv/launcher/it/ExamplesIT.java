package nokv.launcher.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/**
 * The projects under {@code examples/}, built out of tree against this build's artifacts and run. The artifacts stand in a Maven repository made here, chained in front of
 * the one this build uses, so that nothing is installed where it would outlive the test.
 */
final class ExamplesIT {
  private static final Path ROOT = Path.of(System.getProperty("nokv.root", "..")).toAbsolutePath();
  private static final String VERSION = "0.1.0";

  @TempDir static Path repository;

  /** Copies an example, so that the tree stays as it is, and builds it. */
  private static String maven(Path work, String example, String... goals) throws IOException, InterruptedException {
    installArtifacts();
    Path project = work.resolve(example);
    copy(ROOT.resolve("examples").resolve(example), project);
    var command = new ArrayList<>(List.of(ROOT.resolve("mvnw").toString(), "-q", "-B", "-ntp", "-f", project.resolve("pom.xml").toString(),
        "-Dmaven.repo.local=" + repository, "-Dmaven.repo.local.tail=" + System.getProperty("nokv.repository", System.getProperty("user.home") + "/.m2/repository")));
    command.addAll(List.of(goals));
    var builder = new ProcessBuilder(command).directory(project.toFile()).redirectErrorStream(true);
    builder.environment().remove("MAVEN_ARGS");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) fail(example + " does not build or run:\n" + output);
    return output;
  }

  private static void installArtifacts() throws IOException {
    install("nokv-parent", ROOT.resolve("pom.xml"), null);
    try (var jars = Files.list(Server.DISTRIBUTION.resolve("lib"))) {
      for (Path jar : jars.filter(path -> path.getFileName().toString().matches("nokv\\..*-" + VERSION + "\\.jar")).toList()) {
        String artifact = jar.getFileName().toString().replace("-" + VERSION + ".jar", "");
        install(artifact, ROOT.resolve(artifact).resolve("pom.xml"), jar);
      }
    }
  }

  private static void install(String artifact, Path pom, Path jar) throws IOException {
    Path directory = Files.createDirectories(repository.resolve("nokv").resolve(artifact).resolve(VERSION));
    Files.copy(pom, directory.resolve(artifact + "-" + VERSION + ".pom"), StandardCopyOption.REPLACE_EXISTING);
    if (jar != null) Files.copy(jar, directory.resolve(artifact + "-" + VERSION + ".jar"), StandardCopyOption.REPLACE_EXISTING);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : files.filter(path -> !from.relativize(path).startsWith("target")).toList()) Files.copy(file, to.resolve(from.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
    }
  }

  @Test void theEmbeddedProgramRuns(@TempDir Path work) throws Exception {
    String output = maven(work, "embedded", "compile", "exec:exec", "-Ddata=" + work.resolve("data"));
    assertEquals("""
        stock/apples = 6
        stock/pears = 7
        stock/plums = 4
        session is there: true
        session is there after its time: false
        after reopening, plums = 4""", output.lines().filter(line -> line.matches("(stock/|session|after).*")).collect(Collectors.joining("\n")), output);
  }

  @Test void aPluginBuiltOutOfTreeIsServedFromThePluginsFolder(@TempDir Path work) throws Exception {
    maven(work, "frontend-http", "package");
    Path distribution = work.resolve("nokv");
    copy(Server.DISTRIBUTION, distribution);
    Path jar = distribution.resolve("plugins/frontend-http-1.jar");
    Files.copy(work.resolve("frontend-http/target/frontend-http-1.jar"), jar);

    String[] options = {"-Dplugins.frontends=resp,http", "-Dhttp.listen_addr=127.0.0.1:0"};
    try (var server = Server.start(distribution, Map.of(), work.resolve("data"), options); Jedis client = server.client()) {
      assertEquals("PONG", client.ping());
      assertEquals(404, server.http("GET", "http", "/kv/city", null).status());
      assertEquals(204, server.http("PUT", "http", "/kv/city", "Łódź".getBytes(StandardCharsets.UTF_8)).status());
      assertEquals(new Server.Reply(200, "Łódź"), server.http("GET", "http", "/kv/city", null));
      assertEquals(204, server.http("DELETE", "http", "/kv/city", null).status());
      assertEquals(404, server.http("GET", "http", "/kv/city", null).status());
      assertTrue(server.get("/stats").contains("\"requests\": 5"), server.get("/stats"));
      server.terminate();
      assertEquals("", server.errors());
    }

    var unknown = Server.run(distribution, List.of("serve", "-Dplugins.frontends=htp"));
    assertEquals("nokv: -Dplugins.frontends is \"htp\", expected one of http, resp; did you mean \"http\"?\n", unknown.errors());
    assertEquals(2, unknown.code());

    Files.copy(jar, distribution.resolve("plugins/again.jar"));
    var twice = Server.run(distribution, List.of("serve"));
    assertTrue(twice.errors().startsWith("nokv: two plugins provide a protocol_frontend named \"http\""), twice.errors());
    assertEquals(1, twice.errors().lines().count(), twice.errors());
    assertEquals(2, twice.code());
    Files.delete(distribution.resolve("plugins/again.jar"));

    Files.write(jar, new byte[] {'P', 'K'});
    var broken = Server.run(distribution, List.of("serve"));
    assertTrue(broken.errors().startsWith("nokv: plugin " + jar), broken.errors());
    assertEquals(1, broken.errors().lines().count(), broken.errors());
    assertEquals(2, broken.code());
  }
}
