package nokv.protocol.resp;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** The threads that serve connections in this process. */
final class EventLoops {
  private EventLoops() {}

  /** What those that are there now have allocated so far. */
  static long allocatedBytes() {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("nokv-resp")).mapToLong(thread -> threads.getThreadAllocatedBytes(thread.threadId())).sum();
  }
}
