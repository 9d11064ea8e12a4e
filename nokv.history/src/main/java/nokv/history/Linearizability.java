package nokv.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/*
 * How a history is checked
 *
 * Wing and Gong (1993): take any operation that no other has ended before, let it happen in the model, and go on with the rest; where none can happen as it was answered, take the last
 * step back and try another. Lowe (2017): what follows depends only on which operations have happened and on the state, so no such pair is tried twice. Operations on different keys are
 * checked apart (Herlihy and Wing: linearizability is local), as Porcupine does.
 *
 * The operations stand in a doubly linked list of their beginnings and ends, in order of time; one that has happened is taken out and put back when its step is taken back. An operation
 * whose outcome is unknown has no end: it may happen at any later moment, and the history is done without it as well.
 */

/** Whether there is an order of operations, one after another, that keeps to their times and in which each could be answered as it was. */
public final class Linearizability<S, O> {
  /** Bounds the time of one check; more than a history that is not degenerate needs. */
  private static final int MAX_STEPS = 20_000_000;

  private static final class Event<O> {
    final int call;
    final @Nullable O operation;
    final boolean known;
    /** Of a beginning that has one. */
    @Nullable Event<O> end;
    @Nullable Event<O> previous;
    @Nullable Event<O> next;

    Event(int call, @Nullable O operation, boolean known) {
      this.call = call;
      this.operation = operation;
      this.known = known;
    }
  }

  private record Moment<O>(long time, Event<O> event) {}

  private record Tried<S>(BitSet happened, S state) {}

  private record Step<S, O>(Event<O> begin, S before) {}

  private final Model<S, O> model;
  private final List<Call<O>> calls;
  private final Event<O> head = new Event<>(-1, null, false);
  private int left;

  private Linearizability(Model<S, O> model, List<Call<O>> calls) {
    this.model = model;
    this.calls = calls;
  }

  /**
   * Checks a history, key by key.
   *
   * @return what is wrong with the first key that has no such order; null = all have one
   * @throws IllegalStateException a key's history is too tangled to decide
   */
  public static <K, S, O> @Nullable String violation(List<Call<O>> history, Function<O, K> key, Model<S, O> model) {
    var byKey = new LinkedHashMap<K, List<Call<O>>>();
    for (Call<O> call : history) byKey.computeIfAbsent(key.apply(call.operation()), each -> new ArrayList<>()).add(call);
    for (var each : byKey.entrySet()) {
      var violation = new Linearizability<>(model, each.getValue()).violation();
      if (violation != null) return each.getKey() + " is not linearizable: " + violation;
    }
    return null;
  }

  private void list() {
    var moments = new ArrayList<Moment<O>>();
    for (int i = 0; i < calls.size(); i++) {
      Call<O> call = calls.get(i);
      var begin = new Event<>(i, call.operation(), call.isKnown());
      moments.add(new Moment<>(call.begun(), begin));
      if (!call.isKnown()) continue;
      left++;
      begin.end = new Event<>(i, null, true);
      moments.add(new Moment<>(call.ended(), begin.end));
    }
    // Of one moment: beginnings first, so that they overlap.
    moments.sort(Comparator.<Moment<O>>comparingLong(Moment::time).thenComparing(moment -> moment.event.operation == null));
    Event<O> last = head;
    for (var moment : moments) {
      last.next = moment.event;
      moment.event.previous = last;
      last = moment.event;
    }
  }

  private @Nullable String violation() {
    list();
    var happened = new BitSet();
    var tried = new HashSet<Tried<S>>();
    var steps = new ArrayDeque<Step<S, O>>();
    S state = model.initial();
    List<Integer> furthest = List.of();
    Event<O> at = head.next;
    for (int step = 0; left > 0; step++) {
      if (step == MAX_STEPS) throw new IllegalStateException("not decided after " + MAX_STEPS + " steps: a history of " + calls.size() + " calls");
      O operation = at == null ? null : at.operation;
      if (at != null && operation != null) {
        S after = model.after(state, operation, at.known);
        if (after != null && isNew(tried, happened, at.call, after)) {
          steps.push(new Step<>(at, state));
          state = after;
          happened.set(at.call);
          take(at);
          at = head.next;
        } else {
          at = at.next;
        }
        continue;
      }
      // The operation that ends here has to have happened by now; or nothing is left that could.
      if (steps.size() > furthest.size()) furthest = steps.stream().map(each -> each.begin.call).toList().reversed();
      if (steps.isEmpty()) return explain(furthest);
      var back = steps.pop();
      state = back.before;
      happened.clear(back.begin.call);
      putBack(back.begin);
      at = back.begin.next;
    }
    return null;
  }

  private boolean isNew(Set<Tried<S>> tried, BitSet happened, int call, S after) {
    var then = (BitSet) happened.clone();
    then.set(call);
    return tried.add(new Tried<>(then, after));
  }

  private void take(Event<O> begin) {
    unlink(begin);
    if (begin.end == null) return;
    unlink(begin.end);
    left--;
  }

  private void putBack(Event<O> begin) {
    if (begin.end != null) {
      relink(begin.end);
      left++;
    }
    relink(begin);
  }

  private static <O> void unlink(Event<O> event) {
    if (event.previous != null) event.previous.next = event.next;
    if (event.next != null) event.next.previous = event.previous;
  }

  private static <O> void relink(Event<O> event) {
    if (event.previous != null) event.previous.next = event;
    if (event.next != null) event.next.previous = event;
  }

  /** The end of the longest order that was found, and what could not follow. */
  private String explain(List<Integer> furthest) {
    S state = model.initial();
    for (int call : furthest) {
      S next = model.after(state, calls.get(call).operation(), calls.get(call).isKnown());
      if (next != null) state = next;
    }
    var open = new ArrayList<>(calls);
    furthest.stream().sorted(Comparator.reverseOrder()).forEach(call -> open.remove((int) call));
    open.sort(Comparator.comparingLong(Call::ended));
    long first = open.getFirst().ended();
    var text = new StringBuilder("after");
    furthest.stream().skip(Math.max(0, furthest.size() - 8)).forEach(call -> text.append("\n  ").append(calls.get(call)));
    text.append("\nit holds ").append(state).append(", and nothing of this can follow:");
    open.stream().filter(call -> call.begun() < first).limit(12).forEach(call -> text.append("\n  ").append(call));
    return text.toString();
  }
}
