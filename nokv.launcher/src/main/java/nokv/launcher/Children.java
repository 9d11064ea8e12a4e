package nokv.launcher;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import nokv.api.ConfigException;
import nokv.api.NoKVException;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a local cluster. Each has a thread that starts it, hands its lines on with its name before them, and starts it again when it dies: at once the first time, then
 * after a pause that doubles, until it has lived for a while. One that never came up because its config is wrong is not started again: then all is given up.
 *
 * <p>A child's standard input is a pipe from this process. It ends with this process, however that ends, and a child that finds it ended ends too.
 */
final class Children implements AutoCloseable {
  /** Set in the environment of a child: it ends when its standard input does. */
  static final String BOUND = "NOKV_ENDS_WITH_STANDARD_INPUT";
  private static final long FIRST_PAUSE_MILLIS = 500;
  private static final long LONGEST_PAUSE_MILLIS = 10_000;
  private static final long GOOD_LIFE_MILLIS = 10_000;
  private static final int STOP_SECONDS = 20;

  /** @param gateway whether its line that says ready is what everyone waits for */
  record Spec(String name, String jvmOptions, List<String> arguments, boolean gateway) {}

  private final Path program;
  private final CompletableFuture<String> ready = new CompletableFuture<>();
  private final List<Child> children = new ArrayList<>();
  private volatile boolean stopping;

  Children(Path program) {
    this.program = program;
  }

  synchronized void add(Spec spec) {
    if (stopping) return;
    var child = new Child(spec);
    children.add(child);
    child.thread.start();
  }

  /** The line in which the gateway first says that it is ready. Fails where all was given up. */
  CompletableFuture<String> ready() {
    return ready;
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  /** The gateway first, so that clients are told; then all others together. */
  @Override public void close() {
    List<Child> all;
    synchronized (this) {
      stopping = true;
      all = List.copyOf(children);
    }
    for (boolean gateway : new boolean[] {true, false}) {
      var some = all.stream().filter(child -> child.spec.gateway == gateway).toList();
      some.forEach(Child::terminate);
      some.forEach(Child::await);
    }
  }

  private final class Child {
    final Spec spec;
    final Thread thread;
    private @Nullable Process process;
    private boolean cameUp;

    Child(Spec spec) {
      this.spec = spec;
      this.thread = Thread.ofPlatform().name("nokv-child-" + spec.name).daemon().unstarted(this::live);
    }

    private void live() {
      long pause = 0;
      try {
        while (true) {
          long born = System.nanoTime();
          Process started = start();
          if (started == null) return;
          try (BufferedReader lines = started.inputReader(StandardCharsets.UTF_8)) {
            for (String line; (line = lines.readLine()) != null; ) heard(line);
          } catch (IOException e) {
            // the pipe broke with the process
          }
          int code = started.waitFor();
          if (stopping) return;
          if (!cameUp && code == Cli.MISTAKE) {
            ready.completeExceptionally(new ConfigException(spec.name + " ended at a mistake in its config, see above; the others were stopped"));
            return;
          }
          long livedMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - born);
          if (livedMillis > GOOD_LIFE_MILLIS) pause = 0;
          say(spec.name + " | ended with code " + code + ", is started again" + (pause == 0 ? "" : " in " + pause + " ms"));
          if (pause > 0) TimeUnit.MILLISECONDS.sleep(pause);
          pause = Math.min(LONGEST_PAUSE_MILLIS, Math.max(FIRST_PAUSE_MILLIS, pause * 2));
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (IOException e) {
        ready.completeExceptionally(new NoKVException(spec.name + " cannot be started: " + e.getMessage(), e));
      }
    }

    private @Nullable Process start() throws IOException {
      var command = new ArrayList<>(List.of(program.toString()));
      command.addAll(spec.arguments);
      var builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().merge("JAVA_OPTS", spec.jvmOptions, (given, ours) -> ours + " " + given);
      builder.environment().put(BOUND, "1");
      synchronized (Children.this) {
        if (stopping) return null;
        return process = builder.start();
      }
    }

    private void heard(String line) {
      say(spec.name + " | " + line);
      if (!line.startsWith("nokv: ready")) return;
      cameUp = true;
      if (spec.gateway) ready.complete(line);
    }

    private @Nullable Process process() {
      synchronized (Children.this) {
        return process;
      }
    }

    void terminate() {
      Process running = process();
      if (running != null) running.destroy();
    }

    void await() {
      Process running = process();
      try {
        if (running != null && !running.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
          say(spec.name + " | did not stop within " + STOP_SECONDS + " s and is killed");
          running.destroyForcibly();
        }
        thread.join(TimeUnit.SECONDS.toMillis(1));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
