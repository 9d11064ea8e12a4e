package nokv.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import nokv.api.BusyException;
import nokv.api.ConflictException;
import nokv.api.Direction;
import nokv.api.DiskFullException;
import nokv.api.KeyRange;
import nokv.api.KvStore;
import nokv.api.OutcomeUnknownException;
import nokv.api.ReadOnlyException;
import nokv.api.Transaction;
import nokv.api.TransactionOptions;
import nokv.api.UnavailableException;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/** One client of a {@link Workload}: does one operation at a time, drawn by lot, and notes what it saw. Used by one thread at a time. */
public final class Client {
  private final KvStore store;
  private final Workload shared;
  private final RandomGenerator random;
  private final Pause pause;

  /** Lets time pass in the middle of a transaction. */
  @FunctionalInterface
  public interface Pause {
    CompletionStage<Void> pause();
  }

  public Client(KvStore store, Workload shared, RandomGenerator random, Pause pause) {
    this.store = store;
    this.shared = shared;
    this.random = random;
    this.pause = pause;
  }

  /** One operation. Completes when it has ended one way or another; fails only with what no client should ever see. */
  public CompletionStage<Void> step() {
    int dice = random.nextInt(100);
    if (dice < 20) return read();
    if (dice < 35) return write();
    if (dice < 42) return exchange();
    if (dice < 65) return append();
    if (dice < 85) return transfer();
    return audit();
  }

  // Registers

  private CompletionStage<Void> read() {
    String key = shared.register(random.nextInt(Workload.REGISTERS));
    long begun = shared.registers.begin();
    return store.getAsync(Workload.FAMILY, Workload.bytes(key)).handle((value, error) -> {
      if (error == null) shared.registers.ended(begun, new Register.Read(key, value == null ? null : Workload.number(value)));
      return tolerate(error);
    });
  }

  private CompletionStage<Void> write() {
    String key = shared.register(random.nextInt(Workload.REGISTERS));
    long value = shared.nextValue();
    long begun = shared.registers.begin();
    return store.writeAsync(new nokv.api.WriteBatch().put(Workload.FAMILY, Workload.bytes(key), Workload.number(value))).handle((version, error) -> {
      note(shared.registers, begun, new Register.Write(key, value), error);
      return tolerate(error);
    });
  }

  /** By a transaction: what it overwrites is what it has read. */
  private CompletionStage<Void> exchange() {
    String key = shared.register(random.nextInt(Workload.REGISTERS));
    byte[] name = Workload.bytes(key);
    long value = shared.nextValue();
    long begun = shared.registers.begin();
    var asked = new @Nullable Register[1];
    return store.beginAsync(TransactionOptions.READ_WRITE).thenCompose(transaction -> transaction.getAsync(Workload.FAMILY, name).thenCompose(found -> paused(() -> {
      asked[0] = new Register.Exchange(key, found == null ? null : Workload.number(found), value, true);
      transaction.put(Workload.FAMILY, name, Workload.number(value));
      return transaction.commitAsync();
    }))).handle((version, error) -> {
      if (asked[0] != null) note(shared.registers, begun, asked[0], error);
      return tolerate(error);
    });
  }

  private static <O> void note(History<O> history, long begun, O operation, @Nullable Throwable error) {
    if (error == null) history.ended(begun, operation);
    else if (Stages.cause(error) instanceof OutcomeUnknownException) history.unknown(begun, operation);
  }

  // Lists

  private CompletionStage<Void> append() {
    var keys = new ArrayList<String>();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      String key = shared.list(random.nextInt(Workload.LISTS));
      if (!keys.contains(key)) keys.add(key);
    }
    boolean[] writes = new boolean[keys.size()];
    boolean readOnly = true;
    for (int i = 0; i < writes.length; i++) {
      writes[i] = random.nextInt(3) > 0;
      readOnly &= !writes[i];
    }
    long begun = shared.lists.begin();
    var steps = new ArrayList<Append.Step>();
    return store.beginAsync(shared.serializable && !readOnly ? TransactionOptions.SERIALIZABLE : TransactionOptions.READ_WRITE).thenCompose(transaction ->
        transaction.multiGetAsync(Workload.FAMILY, keys.stream().map(Workload::bytes).toList()).thenCompose(found -> paused(() -> {
          for (int i = 0; i < writes.length; i++) {
            var values = Workload.decode(found.get(i));
            steps.add(new Append.Read(keys.get(i), List.copyOf(values)));
            if (!writes[i]) continue;
            long value = shared.nextValue();
            values.add(value);
            steps.add(new Append.Put(keys.get(i), value));
            transaction.put(Workload.FAMILY, Workload.bytes(keys.get(i)), Workload.encode(values));
          }
          return transaction.commitAsync();
        }))).handle((version, error) -> {
          if (error == null) shared.lists.ended(begun, new Append(Append.Outcome.COMMITTED, steps));
          else if (Stages.cause(error) instanceof OutcomeUnknownException) shared.lists.unknown(begun, new Append(Append.Outcome.UNKNOWN, steps));
          else shared.lists.ended(begun, new Append(Append.Outcome.ABORTED, steps));
          return tolerate(error);
        });
  }

  // The bank

  private CompletionStage<Void> transfer() {
    int from = random.nextInt(Workload.ACCOUNTS);
    int to = (from + 1 + random.nextInt(Workload.ACCOUNTS - 1)) % Workload.ACCOUNTS;
    byte[] payer = Workload.bytes(Workload.account(from));
    byte[] payee = Workload.bytes(Workload.account(to));
    long amount = 1 + random.nextInt(20);
    return store.beginAsync(TransactionOptions.READ_WRITE).thenCompose(transaction -> transaction.multiGetAsync(Workload.FAMILY, List.of(payer, payee)).thenCompose(values -> paused(() -> {
      transaction.put(Workload.FAMILY, payer, Workload.number(Workload.number(values.get(0)) - amount));
      transaction.put(Workload.FAMILY, payee, Workload.number(Workload.number(values.get(1)) + amount));
      return transaction.commitAsync();
    }))).handle((version, error) -> {
      if (error == null) shared.transferred();
      return tolerate(error);
    });
  }

  private CompletionStage<Void> audit() {
    CompletionStage<List<Long>> balances = switch (random.nextInt(3)) {
      case 0 -> store.scanAsync(Workload.FAMILY, KeyRange.ALL, random.nextBoolean() ? Direction.FORWARD : Direction.REVERSE, 1000).thenApply(entries ->
          entries.stream().filter(entry -> Workload.isAccount(entry.key())).map(entry -> Workload.number(entry.value())).toList());
      case 1 -> {
        var keys = new ArrayList<byte[]>();
        for (int i = 0; i < Workload.ACCOUNTS; i++) keys.add(Workload.bytes(Workload.account(i)));
        yield store.multiGetAsync(Workload.FAMILY, keys).thenApply(values -> values.stream().map(Workload::number).toList());
      }
      default -> store.beginAsync(TransactionOptions.READ_WRITE).thenCompose(transaction -> inPassing(transaction, new ArrayList<>(), new HashMap<>()));
    };
    return balances.handle((found, error) -> {
      if (error == null) shared.audited(found);
      return tolerate(error);
    });
  }

  /** Reads the accounts of one snapshot one by one, then the first again, over some time. */
  private CompletionStage<List<Long>> inPassing(Transaction transaction, List<Long> balances, Map<Integer, Long> seen) {
    int next = balances.size() % Workload.ACCOUNTS;
    return transaction.getAsync(Workload.FAMILY, Workload.bytes(Workload.account(next))).thenCompose(value -> {
      long balance = Workload.number(value);
      Long before = seen.putIfAbsent(next, balance);
      if (before != null) {
        if (before != balance) shared.wrong("account " + next + " held " + before + ", and a moment later " + balance + " in the same snapshot, " + transaction.startTimestamp());
        return CompletableFuture.completedFuture(balances.subList(0, Workload.ACCOUNTS));
      }
      balances.add(balance);
      return paused(() -> inPassing(transaction, balances, seen));
    });
  }

  /** One time in four something takes its time in between. */
  private <T> CompletionStage<T> paused(java.util.function.Supplier<CompletionStage<T>> then) {
    return random.nextInt(4) > 0 ? then.get() : pause.pause().thenCompose(passed -> then.get());
  }

  /** What a client has to live with. After all of it but {@link OutcomeUnknownException} nothing was written. */
  private static @Nullable Void tolerate(@Nullable Throwable error) {
    if (error == null) return null;
    return switch (Stages.cause(error)) {
      case ConflictException conflict -> null;
      case UnavailableException unavailable -> null;
      case OutcomeUnknownException unknown -> null;
      case BusyException busy -> null;
      case DiskFullException full -> null;
      case ReadOnlyException broken -> null;
      case Throwable other -> throw new AssertionError("a client was told: " + other, other);
    };
  }

  /** Reads all lists and registers once, when the faults have ended. */
  public CompletionStage<Void> readAll() {
    CompletionStage<Void> all = CompletableFuture.completedFuture(null);
    for (int i = 0; i < Workload.REGISTERS; i++) {
      String key = shared.register(i);
      all = all.thenCompose(done -> {
        long begun = shared.registers.begin();
        return store.getAsync(Workload.FAMILY, Workload.bytes(key)).thenAccept(value -> shared.registers.ended(begun, new Register.Read(key, value == null ? null : Workload.number(value))));
      });
    }
    var lists = new ArrayList<String>();
    for (int i = 0; i < Workload.LISTS; i++) lists.add(shared.list(i));
    return all.thenCompose(done -> {
      long begun = shared.lists.begin();
      return store.multiGetAsync(Workload.FAMILY, lists.stream().map(Workload::bytes).toList()).thenAccept(values -> {
        var steps = new ArrayList<Append.Step>();
        for (int i = 0; i < lists.size(); i++) steps.add(new Append.Read(lists.get(i), List.copyOf(Workload.decode(values.get(i)))));
        shared.lists.ended(begun, new Append(Append.Outcome.COMMITTED, steps));
      });
    });
  }
}
