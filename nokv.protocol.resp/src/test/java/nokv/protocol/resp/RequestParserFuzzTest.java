package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Goal: {@link RequestParserFuzz} never fails. Method: the inputs that are kept, always; and those that Jazzer finds, led by the branches they reach, in the long tests. What it finds to fail is to
 * be kept.
 */
final class RequestParserFuzzTest {
  private static final Path KEPT = Path.of("src/test/resources/nokv/protocol/resp/requests");
  /** Jazzer 0.24 sees no branches in newer class files. */
  private static final String RELEASE = "22";
  private static final String SOURCES = "src/main/java/nokv/protocol/resp/";
  private static final int SECONDS = 120;

  static List<Path> kept() throws IOException {
    try (Stream<Path> files = Files.list(KEPT)) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest @MethodSource("kept")
  void whatIsKeptIsParsed(Path input) throws IOException {
    RequestParserFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
  }

  @Test @Tag("long") void jazzerFindsNothing(@TempDir Path work) throws Exception {
    Path classes = Files.createDirectory(work.resolve("classes"));
    Path corpus = Files.createDirectory(work.resolve("corpus"));
    int compiled = ToolProvider.getSystemJavaCompiler().run(null, System.err, System.err, "--release", RELEASE, "-proc:none", "-nowarn", "-d", classes.toString(), "-cp", libraries(),
        SOURCES + "RequestParser.java", SOURCES + "ProtocolException.java", SOURCES + "InlineWords.java", SOURCES + "Numbers.java", SOURCES + "RedisError.java",
        "src/test/java/nokv/protocol/resp/RequestParserFuzz.java");
    assertEquals(0, compiled);
    Path said = work.resolve("said");
    Process jazzer = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+EnableDynamicAgentLoading", "-cp", classes + File.pathSeparator + libraries(),
        "com.code_intelligence.jazzer.Jazzer", "--target_class=nokv.protocol.resp.RequestParserFuzz", "--instrumentation_includes=nokv.protocol.resp.**", "-max_total_time=" + SECONDS,
        corpus.toString(), KEPT.toAbsolutePath().toString()).directory(work.toFile()).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    int code = jazzer.waitFor();
    String text = Files.readString(said);
    assertEquals(0, code, text);
    assertTrue(text.contains(" cov: "), "Jazzer saw no branches: " + text);
  }

  /** The class path without this module, whose class files are too new. */
  private static String libraries() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator)).filter(entry -> entry.endsWith(".jar")).collect(Collectors.joining(File.pathSeparator));
  }
}
