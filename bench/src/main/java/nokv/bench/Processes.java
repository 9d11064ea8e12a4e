package nokv.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Servers that were started for a measurement: each with a log of its own, killed at the end. */
final class Processes implements AutoCloseable {
  /** USER_HZ, the unit of the times in {@code /proc/PID/stat}: 100 on every Linux. */
  private static final double TICKS_A_SECOND = 100;
  private static final int USER_TIME = 11;
  private static final int RESIDENT_PAGES = 21;
  private static final double PAGE_BYTES = 4096;
  private static final int PATIENCE_SECONDS = 60;

  private final Path directory;
  private final Map<String, Process> processes = new LinkedHashMap<>();

  /** @param directory where their logs lie */
  Processes(Path directory) {
    this.directory = directory;
  }

  void start(String name, ProcessBuilder command) throws IOException {
    Files.createDirectories(directory);
    processes.put(name, command.redirectErrorStream(true).redirectOutput(log(name).toFile()).start());
  }

  private Path log(String name) {
    return directory.resolve(name + ".log");
  }

  /** @throws IllegalStateException with what it has said, if the server does not say {@code word} in time, or any has died */
  void await(String name, String word) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!Files.readString(log(name)).contains(word)) {
      for (var server : processes.entrySet()) if (!server.getValue().isAlive()) throw new IllegalStateException(server.getKey() + " has ended: " + Files.readString(log(server.getKey())));
      if (System.nanoTime() > end) throw new IllegalStateException(name + " did not start: " + Files.readString(log(name)));
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  /** Processor time that all have taken. */
  double cpuSeconds() {
    return sum(USER_TIME, USER_TIME + 1) / TICKS_A_SECOND;
  }

  double residentBytes() {
    return sum(RESIDENT_PAGES, RESIDENT_PAGES) * PAGE_BYTES;
  }

  /** Of fields of {@code /proc/PID/stat}, counted from the one behind the command's name, which may hold blanks. */
  private double sum(int first, int last) {
    double sum = 0;
    for (Process process : processes.values()) {
      try {
        String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        for (int i = first; i <= last; i++) sum += Double.parseDouble(fields[i]);
      } catch (IOException e) {
        throw new IllegalStateException("a server has ended; see its log in " + directory, e);
      }
    }
    return sum;
  }

  @Override public void close() {
    processes.values().forEach(Process::destroyForcibly);
    for (Process process : processes.values()) process.onExit().join();
  }
}
