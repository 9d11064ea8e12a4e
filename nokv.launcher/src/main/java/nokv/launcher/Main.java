package nokv.launcher;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** Where the process begins. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    Logging.toStandardError();
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
}
