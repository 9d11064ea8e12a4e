package nokv.raftstore.raft;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Reads that wait at a leader: for the first commit of its term, then for a majority's answers to a round of heartbeats. */
final class ReadQueue {
  /** Requests that may wait; the driver puts many reads into one request. */
  static final int LIMIT = 4096;

  private record Waiting(long round, long index, Message.ReadIndex request) {}

  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private List<Message.ReadIndex> early = new ArrayList<>();

  /** Takes the answer to a request. */
  @FunctionalInterface
  interface Answer {
    void answer(Message.ReadIndex request, long index);
  }

  /** Returns false if too many wait. */
  boolean addEarly(Message.ReadIndex request) {
    return early.size() < LIMIT && early.add(request);
  }

  List<Message.ReadIndex> takeEarly() {
    var taken = early;
    early = new ArrayList<>();
    return taken;
  }

  /** Adds a request that a round at or above {@code round}, which is sent after it, confirms. Returns false if too many wait. */
  boolean add(long round, long index, Message.ReadIndex request) {
    return waiting.size() < LIMIT && waiting.add(new Waiting(round, index, request));
  }

  /** A majority has answered this round. */
  void confirmed(long round, Answer answer) {
    while (!waiting.isEmpty() && waiting.getFirst().round <= round) {
      var first = waiting.removeFirst();
      answer.answer(first.request, first.index);
    }
  }
}
