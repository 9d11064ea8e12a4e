package nokv.launcher;

import java.io.PrintWriter;
import java.util.Map;

/** A command's result on standard output, and the exit code that goes with it. */
final class Result {
  private Result() {}

  /** 1 where the result says that something is not {@code ok}, otherwise 0. */
  static int print(PrintWriter out, Map<String, Object> tree, boolean json) {
    out.print(json ? Json.write(tree) + "\n" : Table.write(tree));
    out.flush();
    return Boolean.FALSE.equals(tree.get("ok")) ? Cli.FAILED : Cli.OK;
  }
}
