package nokv.launcher;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Where the process begins. */
public final class Main {
  /** After this a child without a parent that has not stopped in order ends all the same. */
  private static final int LONGEST_STOP_SECONDS = 20;

  private Main() {}

  public static void main(String[] arguments) {
    Logging.toStandardError();
    if (System.getenv(Children.BOUND) != null) Thread.ofPlatform().name("nokv-parent").daemon().start(Main::endWithStandardInput);
    var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code;
    try {
      code = Cli.run(PluginFolders.load(PluginFolders.ofThisProcess()), out, err, arguments);
    } catch (Throwable e) {
      // an Error too, such as a class that a plugin lacks, is told in a line
      code = Cli.fail(err, e);
    }
    System.exit(code);
  }

  /** A child of a local cluster: its parent holds the other end, and never writes. */
  private static void endWithStandardInput() {
    try {
      while (System.in.read() >= 0) continue;
    } catch (IOException e) {
      // that is an end too
    }
    Thread.ofPlatform().name("nokv-exit").start(() -> System.exit(Cli.FAILED));
    try {
      TimeUnit.SECONDS.sleep(LONGEST_STOP_SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(Cli.FAILED);
  }
}
