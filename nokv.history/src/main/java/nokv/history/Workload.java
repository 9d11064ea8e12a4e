package nokv.history;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import nokv.api.ColumnFamily;
import nokv.api.KvStore;
import nokv.api.WriteBatch;
import org.jspecify.annotations.Nullable;

/**
 * What all clients of one run do to a store, and what they saw: registers, lists, and a bank whose accounts always sum up to the same. Their keys lie among each other over the letters a to
 * z, so that any bounds of regions cut through all of them. Thread-safe.
 *
 * <p>A register and a list is left for a new one after {@link #OPERATIONS_A_KEY} operations, so that a long run is as easy to check as a short one.
 */
public final class Workload {
  public static final ColumnFamily FAMILY = ColumnFamily.DEFAULT;
  static final int REGISTERS = 5;
  static final int LISTS = 6;
  static final int ACCOUNTS = 8;
  static final long EACH = 100;
  private static final int OPERATIONS_A_KEY = 400;

  final History<Register> registers = new History<>();
  final History<Append> lists = new History<>();
  final boolean serializable;
  private final AtomicLong values = new AtomicLong();
  private final AtomicLong operations = new AtomicLong();
  private final AtomicReference<@Nullable String> wrong = new AtomicReference<>();
  private final AtomicLong audits = new AtomicLong();
  private final AtomicLong transfers = new AtomicLong();

  /** @param serializable whether the transactions on lists ask for it */
  public Workload(boolean serializable) {
    this.serializable = serializable;
  }

  private static String key(int letter, char kind, String rest) {
    return (char) ('a' + letter % 26) + "-" + kind + rest;
  }

  static byte[] bytes(String key) {
    return key.getBytes(StandardCharsets.US_ASCII);
  }

  String register(int number) {
    return key(number * 5, 'r', number + "." + operations.incrementAndGet() / (REGISTERS * OPERATIONS_A_KEY));
  }

  String list(int number) {
    return key(number * 4 + 1, 'l', number + "." + operations.incrementAndGet() / (LISTS * OPERATIONS_A_KEY));
  }

  static String account(int number) {
    return key(number * 3 + 2, 'b', String.valueOf(number));
  }

  static boolean isAccount(byte[] key) {
    return key.length > 2 && key[2] == 'b';
  }

  long nextValue() {
    return values.incrementAndGet();
  }

  static byte[] number(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  static long number(byte @Nullable [] value) {
    return ByteBuffer.wrap(Objects.requireNonNull(value, "an account is gone")).getLong();
  }

  static byte[] encode(List<Long> values) {
    var out = ByteBuffer.allocate(values.size() * Long.BYTES);
    values.forEach(out::putLong);
    return out.array();
  }

  static List<Long> decode(byte @Nullable [] value) {
    var values = new ArrayList<Long>();
    if (value == null) return values;
    for (var in = ByteBuffer.wrap(value); in.hasRemaining(); ) values.add(in.getLong());
    return values;
  }

  /** Opens the accounts. To be done once, before anything else. */
  public CompletionStage<Long> open(KvStore store) {
    var batch = new WriteBatch();
    for (int i = 0; i < ACCOUNTS; i++) batch.put(FAMILY, bytes(account(i)), number(EACH));
    return store.writeAsync(batch);
  }

  void audited(List<Long> balances) {
    audits.incrementAndGet();
    long sum = balances.stream().mapToLong(Long::longValue).sum();
    if (balances.size() != ACCOUNTS || sum != ACCOUNTS * EACH) wrong("the accounts hold " + balances + ", together " + sum + ", not " + ACCOUNTS * EACH);
  }

  void transferred() {
    transfers.incrementAndGet();
  }

  /** Something was seen that must not be. The first counts. */
  void wrong(String what) {
    wrong.compareAndSet(null, what);
  }

  /** What was already seen to be wrong, without a look at the histories; null = nothing. */
  public @Nullable String wrong() {
    return wrong.get();
  }

  /** What is wrong with all that was seen; null = nothing. To be called when all clients have ended. */
  public @Nullable String violation() {
    String seen = wrong.get();
    if (seen != null) return seen;
    String register = Linearizability.violation(registers.calls(), Register::key, Register.MODEL);
    if (register != null) return register;
    return Isolation.violation(lists.calls(), serializable ? Isolation.Level.SERIALIZABLE : Isolation.Level.SNAPSHOT);
  }

  /** How much was seen, to judge whether it shows anything. */
  public record Size(long registers, long lists, long transfers, long audits) {
    public long least() {
      return Math.min(Math.min(registers, lists), Math.min(transfers, audits));
    }
  }

  public Size size() {
    long known = registers.calls().stream().filter(Call::isKnown).count();
    return new Size(known, lists.calls().stream().filter(call -> call.operation().outcome() == Append.Outcome.COMMITTED).count(), transfers.get(), audits.get());
  }
}
