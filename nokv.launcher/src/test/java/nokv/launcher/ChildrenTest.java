package nokv.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import nokv.api.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that are shell scripts: each writes its pid to a file, says that it is ready, and ends with its standard input. */
@Timeout(60)
final class ChildrenTest {
  @TempDir Path directory;

  private Path program(String body) throws IOException {
    Path program = Files.writeString(directory.resolve("program"), "#!/bin/sh\n" + body);
    assertTrue(program.toFile().setExecutable(true));
    return program;
  }

  private Path wellBehaved() throws IOException {
    return program("echo $$ >$1.new; mv $1.new $1\necho \"nokv: ready in 0.01 s: resp on 127.0.0.1:1\"\nexec cat\n");
  }

  private Children.Spec spec(String name, boolean gateway) {
    return new Children.Spec(name, "-Xmx1m", List.of(directory.resolve(name).toString()), gateway);
  }

  /** The pid that the child wrote last, once it is another than {@code before}. */
  private long pid(String name, long before) throws Exception {
    Path file = directory.resolve(name);
    while (true) {
      if (Files.exists(file)) {
        long pid = Long.parseLong(Files.readString(file).strip());
        if (pid != before) return pid;
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private static void awaitEnd(long pid) throws Exception {
    var process = ProcessHandle.of(pid);
    if (process.isPresent()) process.get().onExit().get(30, TimeUnit.SECONDS);
  }

  @Test void whatDiesIsStartedAgainAtOnceAndAllEndWithTheirParent() throws Exception {
    long store;
    long gateway;
    try (var children = new Children(wellBehaved())) {
      children.add(spec("store-1", false));
      children.add(spec("gateway", true));
      assertEquals("nokv: ready in 0.01 s: resp on 127.0.0.1:1", children.ready().get(30, TimeUnit.SECONDS));
      long first = pid("store-1", 0);
      ProcessHandle.of(first).orElseThrow().destroyForcibly();
      long killed = System.nanoTime();
      store = pid("store-1", first);
      assertNotEquals(first, store);
      assertTrue(System.nanoTime() - killed < 5_000_000_000L, "the first time it is started at once");
      gateway = pid("gateway", 0);
    }
    awaitEnd(store);
    awaitEnd(gateway);
  }

  @Test void aMistakeInTheConfigIsNotTriedAgain() throws Exception {
    try (var children = new Children(program("echo x >>$1\nexit 2\n"))) {
      children.add(spec("gateway", true));
      var thrown = assertThrows(ExecutionException.class, () -> children.ready().get(30, TimeUnit.SECONDS));
      assertInstanceOf(ConfigException.class, thrown.getCause());
    }
    assertEquals("x\n", Files.readString(directory.resolve("gateway")));
  }

  @Test void everyChildHasAnAdminEndpointOfItsOwn() {
    assertEquals("127.0.0.1:9102", ClusterCommand.shifted("127.0.0.1:9100", 2));
    assertEquals("127.0.0.1:0", ClusterCommand.shifted("127.0.0.1:0", 2));
  }
}
