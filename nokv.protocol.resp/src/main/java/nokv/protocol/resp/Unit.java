package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.List;

/**
 * The requests that one connection sent together, and the buffer their replies go to in the same order. Built by the event loop, executed by one thread, handed back.
 */
final class Unit {
  final Connection connection;
  final List<Request> requests = new ArrayList<>();
  /** Another one once a part of the replies was sent ahead. */
  ReplyWriter reply;
  final long startNanos;
  /** What the most demanding request needs. */
  private Access access = Access.NONE;
  private boolean prompt = true;
  private long bytes;
  /** The first request not executed yet. */
  int next;
  /** The replies passed the output limit: nothing more is executed, the connection is closed. */
  boolean overflowed;
  /** The connection is closed when the replies have been sent. */
  boolean last;

  Unit(Connection connection, ReplyWriter reply, long startNanos) {
    this.connection = connection;
    this.reply = reply;
    this.startNanos = startNanos;
  }

  void add(Request request, long requestBytes) {
    requests.add(request);
    bytes += requestBytes;
    if (request.access().compareTo(access) > 0) access = request.access();
    prompt &= request.isPrompt();
  }

  Access access() {
    return access;
  }

  /** Whether an event loop may carry it out: see {@link Request#isPrompt}. */
  boolean isPrompt() {
    return prompt;
  }

  long bytes() {
    return bytes;
  }

  boolean finished() {
    return overflowed || next == requests.size();
  }

  /** Whether the next request must run apart from all others. */
  boolean nextIsAlone() {
    return requests.get(next).access().compareTo(Access.ALONE) >= 0;
  }

  /** Where the requests that can run together with others end. */
  int togetherUntil() {
    int end = next;
    while (end < requests.size() && requests.get(end).access().compareTo(Access.ALONE) < 0) end++;
    return end;
  }
}
