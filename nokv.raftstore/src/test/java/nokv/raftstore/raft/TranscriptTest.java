package nokv.raftstore.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import nokv.raftstore.raft.Transcript.Command;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Goal: step by step, what this core stores, sends and commits is what an implementation that thousands of clusters rely on does. Method: transcripts of its interactions, read from
 * the directories named by {@code -Draft.transcripts}; every line but that implementation's own log lines has to be equal.
 */
class TranscriptTest {
  private static final String DEFAULT = "../shared/raft-transcripts";

  @TestFactory Stream<DynamicTest> quorums() throws IOException {
    return tests("quorum", () -> QuorumTranscript::run);
  }

  @TestFactory Stream<DynamicTest> configurationChanges() throws IOException {
    return tests("confchange", () -> new ChangeTranscript()::run);
  }

  @TestFactory Stream<DynamicTest> interactions() throws IOException {
    return tests("interaction", () -> new InteractionTranscript()::run);
  }

  private static Stream<DynamicTest> tests(String kind, Supplier<Function<Command, String>> driver) throws IOException {
    var files = new ArrayList<Path>();
    for (var directory : directories()) {
      if (!Files.isDirectory(directory.resolve(kind))) continue;
      try (var found = Files.list(directory.resolve(kind))) {
        found.filter(file -> file.toString().endsWith(".txt")).sorted().forEach(files::add);
      }
    }
    if (files.isEmpty()) {
      return Stream.of(DynamicTest.dynamicTest("skipped: no transcripts", () -> abort("skipped: no " + kind + " transcripts in " + directories() + "; name some with -Draft.transcripts")));
    }
    return files.stream().map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file, driver.get())));
  }

  /** Relative directories count from the project's root, where the surefire run of a module is one level below. */
  private static List<Path> directories() {
    var root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("mvnw")) && root.getParent() != null) root = root.getParent();
    var base = root;
    return Stream.of(System.getProperty("raft.transcripts", DEFAULT).split(",")).map(base::resolve).toList();
  }

  private static void check(Path file, Function<Command, String> driver) throws IOException {
    for (var command : Transcript.read(file).commands()) {
      String where = file.getFileName() + ":" + command.line() + ": " + command.name();
      String output;
      try {
        output = driver.apply(command);
      } catch (RuntimeException | AssertionError e) {
        fail(where, e);
        return;
      }
      assertEquals(protocol(command.expected()), protocol(output), where);
    }
  }

  /** What counts: no log lines, no "ok" for silence. */
  private static String protocol(String text) {
    return text.lines().filter(line -> !line.strip().matches("(INFO|DEBUG|WARN|ERROR) .*|ok")).map(String::stripTrailing).collect(Collectors.joining("\n"));
  }
}
