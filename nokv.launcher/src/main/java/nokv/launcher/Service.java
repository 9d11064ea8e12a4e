package nokv.launcher;

import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a process runs until it is told to stop: parts that are closed in the reverse order, once. */
final class Service {
  private static final Logger LOG = LoggerFactory.getLogger("nokv.launcher");

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  <T extends AutoCloseable> T keep(T part) {
    parts.push(part);
    return part;
  }

  /** Opens parts with {@code start}, which says where they listen, and runs them; whatever fails closes those that are open. */
  static int run(Function<Service, String> start) {
    var service = new Service();
    try {
      return service.run(start.apply(service));
    } catch (RuntimeException | Error e) {
      service.close();
      throw e;
    }
  }

  /** Says that it is ready, and where; returns when the process has been told to stop and all is closed. */
  int run(String where) {
    var stopped = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      close();
      System.out.println("nokv: stopped");
      System.out.flush();
      stopped.countDown();
    }, "nokv-stop"));
    System.out.println("nokv: ready in " + sinceStart() + ": " + where);
    System.out.flush();
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Cli.OK;
  }

  synchronized void close() {
    for (AutoCloseable part; (part = parts.poll()) != null; ) {
      try {
        part.close();
      } catch (Exception e) {
        LOG.error("while stopping", e);
      }
    }
  }

  /** Since the JVM began. */
  private static String sinceStart() {
    return String.format(Locale.ROOT, "%.2f s", (System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime()) / 1000.0);
  }
}
