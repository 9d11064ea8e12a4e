package nokv.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the benches that start servers are told alike: what to start, where its data lie, where the figures go. */
final class ServerRuns {
  @Option(names = "--home", defaultValue = "nokv.launcher/target/nokv", description = "the distribution that is started (default: ${DEFAULT-VALUE})")
  Path home = Path.of("");

  @Option(names = "--directory", description = "where the servers keep their data, synced; default: a temporary directory")
  private @Nullable Path directory;

  @Option(names = "--json", description = "write the figures here")
  private @Nullable Path json;

  /** Measures rows in a directory of its own. */
  @FunctionalInterface
  interface Rows {
    void measure(Path work, Report report) throws Exception;
  }

  /** The exit code: 1 where a row could not be measured, or something was missing or wrong. */
  int run(List<String> engines, Rows rows) throws Exception {
    Path work = directory == null ? Files.createTempDirectory("nokv-bench") : Files.createTempDirectory(Files.createDirectories(directory), "nokv-bench");
    var report = new Report(engines);
    try {
      rows.measure(work, report);
    } catch (IllegalStateException e) {
      System.err.println(e.getMessage());
      return 1;
    } finally {
      Bench.delete(work);
    }
    if (json != null) Files.writeString(json, report.json());
    return 0;
  }
}
