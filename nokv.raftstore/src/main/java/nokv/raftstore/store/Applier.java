package nokv.raftstore.store;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import nokv.api.BusyException;
import nokv.api.DiskFullException;
import nokv.raftstore.proto.MergeStep;
import nokv.raftstore.proto.Region;
import nokv.raftstore.raft.ConfChange;
import nokv.raftstore.raft.Configuration;
import nokv.raftstore.raft.Entry;
import nokv.raftstore.raft.InvalidChangeException;
import nokv.raftstore.raft.Message;
import nokv.spi.EngineBatch;
import nokv.spi.Environment;
import nokv.spi.Kind;
import nokv.spi.StorageEngine;
import org.jspecify.annotations.Nullable;

/*
 * How entries are applied
 *
 * The store loop hands over committed entries; one task at a time takes what has gathered, makes one batch of it, with the region's state at the end, and gives it to the engine, which
 * writes no log record for it: the entries are the redo log. So data, applied index, bounds and peers change together, and after a crash are of one moment, from which on entries are
 * applied again. Entries know nothing of this store: every peer does the same with them, whether that is to apply a proposal or to pass it over.
 */

/** Applies one region's committed entries to the engine, in order. {@link #submit} is called by the store loop; all else happens in tasks, one at a time. */
final class Applier {
  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final int MARKS = 64;

  /**
   * Entries to apply.
   *
   * @param answers of those entries that this store has proposed, in ascending order of their indexes
   */
  record Work(List<Entry> entries, Message.Applied response, List<Proposed> answers) implements Job {}

  /** A snapshot whose chunks are laid aside takes the place of all that is here. @param displaced tombstones of those that have ended because it holds their keys */
  record Install(RegionState snapshot, List<RegionState> displaced) implements Job {}

  private record Stop(Runnable then) implements Job {}

  /** What is done in order. */
  private sealed interface Job {}

  /** What the loop has to know of what was applied. @param moved who proposed at another epoch version: nothing was done for them
   * @param takenIn tombstones of regions that became part of this one @param sequence of the batch */
  record Done(RegionState state, Message.Applied response, List<Changed> changes, List<RegionState> born, List<Waiting> moved, List<RegionState> takenIn, long sequence) {}

  /** A configuration that is in effect from an entry on. */
  record Changed(long index, Configuration configuration) {}

  private record Mark(long sequence, long index) {}

  private final long storeId;
  private final Environment environment;
  private final StorageEngine engine;
  private final Consumer<Done> done;
  private final Consumer<RegionState> installed;
  private final Consumer<Throwable> failed;
  private final Function<RegionCommand.Merge, CompletionStage<Void>> bringUp;
  private final ArrayDeque<Job> queue = new ArrayDeque<>();
  private boolean running;
  private RegionState state;
  /** Of the batch that is being made. */
  private List<EngineBatch.Entry> writes = new ArrayList<>();
  private List<Changed> changes = new ArrayList<>();
  private List<RegionState> born = new ArrayList<>();
  private List<RegionState> takenIn = new ArrayList<>();
  private List<Runnable> answers = new ArrayList<>();
  private List<Waiting> moved = new ArrayList<>();
  private final ArrayDeque<Mark> marks = new ArrayDeque<>();
  private volatile long flushedIndex;

  /**
   * @param done told of each piece of work, in order
   * @param installed told that a snapshot is in its place
   * @param failed told of what cannot be gone on from
   * @param bringUp has the source of a merge, which is to be committed, apply all it had before, and end
   */
  Applier(long storeId, Environment environment, StorageEngine engine, RegionState state, Consumer<Done> done, Consumer<RegionState> installed,
      Consumer<Throwable> failed, Function<RegionCommand.Merge, CompletionStage<Void>> bringUp) {
    this.storeId = storeId;
    this.environment = environment;
    this.engine = engine;
    this.state = state;
    this.done = done;
    this.installed = installed;
    this.failed = failed;
    this.bringUp = bringUp;
    flushedIndex = state.appliedIndex();
  }

  void submit(Work work) {
    add(work);
  }

  void submit(Install install) {
    add(install);
  }

  private void add(Job work) {
    synchronized (queue) {
      queue.add(work);
      if (running) return;
      running = true;
    }
    environment.io().execute(this::run);
  }

  private @Nullable Job take() {
    synchronized (queue) {
      Job next = queue.poll();
      if (next == null) running = false;
      return next;
    }
  }

  private void run() {
    for (Job job; (job = take()) != null; ) {
      if (job instanceof Install install) {
        install(install);
        return;
      }
      if (job instanceof Stop stop) {
        stop.then.run();
        continue;
      }
      Work current = (Work) job;
      RegionCommand.Merge commit = commit(current);
      if (commit != null) {
        bringUp.apply(commit).whenCompleteAsync((there, error) -> {
          if (error != null) fail(current, error);
          else if (apply(current)) run();
        }, environment.io());
        return;
      }
      if (!apply(current)) return;
    }
  }

  /** The merge that a piece of work commits, which then consists of that entry alone; null = none. */
  private RegionCommand.@Nullable Merge commit(Work work) {
    Entry entry = work.entries.getFirst();
    if (work.entries.size() > 1 || !RegionCommand.isMerge(entry.data()) || entry.index() <= state.appliedIndex() || state.status() == RegionState.Status.TOMBSTONE) return null;
    var merge = (RegionCommand.Merge) RegionCommand.decode(entry.data());
    boolean valid = merge.step().getKind() == MergeStep.Kind.COMMIT && RegionLife.merge(state.region(), merge.step(), merge.epochVersion(), entry.index(), entry.term()) != null;
    return valid ? merge : null;
  }

  /** False where it goes on in a task of its own, or has failed. */
  private boolean apply(Work current) {
    try {
      prepare(current);
      var applied = engine.apply(batch()).toCompletableFuture();
      if (!applied.isDone() || applied.isCompletedExceptionally()) {
        applied.whenComplete((sequence, error) -> environment.io().execute(() -> resume(current, sequence, error)));
        return false;
      }
      finish(current, applied.join());
      return true;
    } catch (RuntimeException e) {
      fail(current, e);
      return false;
    }
  }

  /** Runs something when all that was handed over is applied. */
  void stop(Runnable then) {
    add(new Stop(then));
  }

  private void install(Install install) {
    new Staging(environment, engine, state.region().getId()).install(install.snapshot, install.displaced).whenCompleteAsync((installed, error) -> {
      if (error != null) {
        fail(install, error);
        return;
      }
      state = installed;
      synchronized (marks) {
        // The engine has logged it.
        marks.clear();
        flushedIndex = installed.appliedIndex();
      }
      this.installed.accept(installed);
      run();
    }, environment.io());
  }

  /** Nothing more is applied. What is committed takes effect on the other stores, but nobody here can say so. */
  private void fail(Job current, Throwable cause) {
    failed.accept(cause);
    var unknown = RegionErrors.undetermined(state.region().getId());
    for (Job job = current; job != null; job = take()) {
      if (!(job instanceof Work work)) continue;
      for (Proposed proposed : work.answers) for (Waiting waiting : proposed.waiting) waiting.done().completeExceptionally(unknown);
    }
  }

  private void resume(Work work, @Nullable Long sequence, @Nullable Throwable error) {
    Throwable cause = error instanceof CompletionException e && e.getCause() != null ? e.getCause() : error;
    if (sequence != null) {
      finish(work, sequence);
      run();
    } else if (cause instanceof BusyException || cause instanceof DiskFullException) {
      // Nothing was applied; the entries are committed, so there is no other way than forward.
      environment.timer().schedule(PAUSE, () -> environment.io().execute(() -> again(work)));
    } else {
      fail(work, cause == null ? new IllegalStateException("the engine gave no sequence") : cause);
    }
  }

  private void again(Work work) {
    engine.apply(batch()).whenComplete((sequence, error) -> environment.io().execute(() -> resume(work, sequence, error)));
  }

  private EngineBatch batch() {
    var batch = new EngineBatch(writes.size() + 1 + born.size());
    for (EngineBatch.Entry write : writes) {
      // A rollback may come after newer versions of its key; all else is written in ascending order, which the transactions' locks see to.
      if (write.kind() == Kind.ROLLBACK) batch.setOutOfOrder();
      batch.add(write);
    }
    if (state.status() != RegionState.Status.TOMBSTONE) state.addTo(batch);
    for (RegionState region : born) region.addTo(batch);
    for (RegionState region : takenIn) region.addTo(batch);
    return batch;
  }

  private void finish(Work work, long sequence) {
    mark(sequence);
    var applied = new Done(state, work.response, changes, born, moved, takenIn, sequence);
    var told = answers;
    writes = new ArrayList<>();
    changes = new ArrayList<>();
    born = new ArrayList<>();
    takenIn = new ArrayList<>();
    answers = new ArrayList<>();
    moved = new ArrayList<>();
    done.accept(applied);
    told.forEach(Runnable::run);
  }

  private void prepare(Work work) {
    var own = work.answers.iterator();
    Proposed next = own.hasNext() ? own.next() : null;
    for (Entry entry : work.entries) {
      Proposed proposed = null;
      if (next != null && next.index() == entry.index()) {
        proposed = next;
        next = own.hasNext() ? own.next() : null;
      }
      if (entry.index() <= state.appliedIndex() || state.status() == RegionState.Status.TOMBSTONE) continue;
      taken.clear();
      refusal = null;
      if (entry.kind() == Entry.Kind.CHANGE) change(entry);
      else if (entry.data().length > 0) command(RegionCommand.decode(entry.data()), entry);
      else refusal = RegionErrors.busy("another change of the peers of region " + state.region().getId() + " is under way");
      state = state.appliedTo(entry.index(), entry.term());
      if (proposed != null) answer(proposed);
    }
  }

  /** Of the entry at hand, by proposal: whether it was done. */
  private final List<Boolean> taken = new ArrayList<>();
  /** Why nothing of the entry at hand was done; null = it was, or proposals were of another epoch. */
  private @Nullable RegionException refusal;

  private void command(RegionCommand command, Entry entry) {
    long epochVersion = state.region().getEpoch().getVersion();
    switch (command) {
      case RegionCommand.Writes all -> {
        for (var proposal : all.proposals()) {
          boolean valid = proposal.epochVersion() == epochVersion && !RegionLife.isBeingTakenIn(state.region());
          if (valid) writes.addAll(proposal.writes());
          taken.add(valid);
        }
      }
      case RegionCommand.Split split -> {
        boolean valid = split.epochVersion() == epochVersion && !state.region().hasMerge() && RegionLife.isInside(state.region(), split.split().getKey());
        if (valid) split(split);
        taken.add(valid);
      }
      case RegionCommand.Merge merge -> taken.add(merge(merge.step(), merge.epochVersion(), entry));
    }
  }

  private void split(RegionCommand.Split split) {
    var halves = RegionLife.split(state, split.split());
    state = halves.left();
    born.add(halves.right());
  }

  private boolean merge(MergeStep step, long epochVersion, Entry entry) {
    Region merged = RegionLife.merge(state.region(), step, epochVersion, entry.index(), entry.term());
    if (merged == null) return false;
    if (step.getKind() == MergeStep.Kind.COMMIT) {
      Region source = step.getOther();
      long peer = source.getPeersList().stream().filter(each -> each.getStoreId() == storeId).findFirst().orElseThrow().getPeerId();
      takenIn.add(RegionLife.takenIn(source, peer, merged));
    }
    state = state.with(merged);
    return true;
  }

  private void change(Entry entry) {
    if (state.region().hasMerge()) {
      refusal = RegionErrors.busy("region " + state.region().getId() + " is in a merge");
      return;
    }
    try {
      Region changed = RegionLife.change(state.region(), ConfChange.decode(entry.data()));
      state = state.with(changed);
      // Written durably, with what follows from it, by the store.
      if (!RegionLife.contains(changed, state.peerId())) state = state.with(RegionState.Status.TOMBSTONE);
      changes.add(new Changed(entry.index(), RegionState.configuration(changed)));
      taken.add(true);
    } catch (InvalidChangeException e) {
      // Every peer meets it at this entry, and passes it over.
      refusal = RegionErrors.invalid("the peers of region " + state.region().getId() + " cannot be changed so: " + e.getMessage());
    }
  }

  private void answer(Proposed proposed) {
    Region now = state.region();
    for (int i = 0; i < proposed.waiting().size(); i++) {
      Waiting waiting = proposed.waiting().get(i);
      RegionException why = refusal;
      if (i < taken.size() && taken.get(i)) answers.add(() -> waiting.done().complete(now));
      else if (why != null) answers.add(() -> waiting.done().completeExceptionally(why));
      else moved.add(waiting);
    }
  }

  /** A proposal that has its place in the log. @param waiting in the order in which the entry holds them */
  record Proposed(long index, long term, List<Waiting> waiting) {}

  private void mark(long sequence) {
    synchronized (marks) {
      marks.add(new Mark(sequence, state.appliedIndex()));
      if (marks.size() <= MARKS) return;
      // Fewer marks only mean that a little less is known to be flushed.
      var all = new ArrayList<>(marks);
      marks.clear();
      for (int i = 1; i < all.size(); i += 2) marks.add(all.get(i));
      if (!all.getLast().equals(marks.peekLast())) marks.add(all.getLast());
    }
  }

  /** All batches up to a sequence are in tables. */
  void flushed(long sequence) {
    synchronized (marks) {
      while (!marks.isEmpty() && marks.getFirst().sequence <= sequence) flushedIndex = marks.remove().index;
    }
  }

  /** Up to here entries are applied for good. */
  long flushedIndex() {
    return flushedIndex;
  }
}
