package nokv.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs rows over engines in alternating rounds (A B A B …), each measurement in a process of its own, and reports medians and the ratio to each peer within the round.
 */
@Command(name = "nokv-bench", mixinStandardHelpOptions = true, sortOptions = false, subcommands = {ClusterBench.class, RedisBench.class},
    description = "Measures NoKV beside other engines. A miss or a wrong value fails the run.")
public final class Bench implements Callable<Integer> {
  @Option(names = "--engines", split = ",", defaultValue = "nokv,rocksdb", description = "nokv, nokv-skiplist, rocksdb, blobdb, lmdb, mvstore (default: ${DEFAULT-VALUE})")
  private List<String> engines = List.of();

  @Option(names = "--rows", split = ",", description = "rows to run; default: all")
  private List<String> rows = Row.labels();

  @Option(names = "--rounds", defaultValue = "3", description = "rounds (default: ${DEFAULT-VALUE})")
  private int rounds;

  @Option(names = "--scale", defaultValue = "1", description = "share of the normal data set, 1 = about a million small keys (default: ${DEFAULT-VALUE})")
  private double scale;

  @Option(names = "--directory", description = "where the stores lie while measured; default: a temporary directory")
  private @Nullable Path directory;

  @Option(names = "--json", description = "write the figures here")
  private @Nullable Path json;

  @Option(names = "--html", description = "write a page with plots here")
  private @Nullable Path html;

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Bench()).execute(arguments));
  }

  @Override public Integer call() throws Exception {
    Path work = directory == null ? Files.createTempDirectory("nokv-bench") : Files.createDirectories(directory);
    var report = new Report(engines);
    try {
      for (String label : rows) {
        Row row = Row.of(label);
        for (int round = 0; round < rounds; round++) {
          for (String engine : engines) {
            if (row == Row.REOPEN && !Engines.LOGGED.contains(engine)) continue;
            try {
              report.add(label, engine, run(engine, row, work));
            } catch (IllegalStateException e) {
              System.err.println(label + ", " + engine + ": " + e.getMessage());
              return 1;
            }
          }
        }
        System.out.println(report.text(label));
      }
    } finally {
      if (directory == null) delete(work);
    }
    if (json != null) Files.writeString(json, report.json());
    if (html != null) Files.writeString(html, report.html());
    return 0;
  }

  private TreeMap<String, Double> run(String engine, Row row, Path work) throws IOException, InterruptedException {
    Path measured = work.resolve("measured");
    delete(measured);
    delete(work.resolve(RowRunner.WARM_UP));
    if (row.load == Row.Load.KEYS) {
      Path loaded = work.resolve(row == Row.REOPEN ? "loaded-reopen-" + engine + "-" + scale : "loaded-" + engine + "-" + row.valueBytes + "-" + scale);
      if (!Files.exists(loaded)) process("load", engine, row, loaded);
      int copied = new ProcessBuilder("cp", "-r", loaded.toString(), measured.toString()).inheritIO().start().waitFor();
      if (copied != 0) throw new IOException("copying " + loaded + " failed");
    }
    new ProcessBuilder("sync").start().waitFor();
    return process("run", engine, row, measured);
  }

  private TreeMap<String, Double> process(String what, String engine, Row row, Path target) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    if (what.equals("run") && row.pinned() && new File("/usr/bin/taskset").exists()) command.addAll(List.of("taskset", "-c", "0"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xms512m", "-Xmx1g", "-XX:+UseSerialGC", "-XX:+UseTransparentHugePages", "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow", "--add-opens=java.base/java.nio=ALL-UNNAMED", "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
        "-Djava.util.logging.config.class=nokv.bench.QuietLog", "-cp", System.getProperty("java.class.path"), RowRunner.class.getName(), what, engine, row.label, target.toString(), Double.toString(scale)));
    Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    var figures = new TreeMap<String, Double>();
    try (var output = process.inputReader()) {
      output.lines().filter(line -> line.startsWith("figure ")).map(line -> line.split(" ")).forEach(words -> figures.put(words[1], Double.valueOf(words[2])));
    }
    int code = process.waitFor();
    if (code != 0) throw new IllegalStateException(what + " ended with code " + code);
    return figures;
  }

  static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) return;
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
    }
  }
}
