package example;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Path;
import java.time.Duration;
import nokv.api.ColumnFamily;
import nokv.api.ConflictException;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.KvStore;
import nokv.api.NoKV;
import nokv.api.WriteBatch;

/** A small warehouse in an embedded store: puts, a batch, a scan, a transaction that is run again on a conflict, an entry that expires. */
public final class Embedded {
  /** A key space of our own, beside the default one. */
  private static final ColumnFamily SESSIONS = ColumnFamily.of(16, "sessions");

  public static void main(String[] arguments) throws InterruptedException {
    Path directory = Path.of(arguments.length > 0 ? arguments[0] : "warehouse");
    try (KvStore store = NoKV.options().directory(directory).set("engine.sync", "always").open()) {
      store.put(key("stock/apples"), number(10));
      store.write(new WriteBatch().put(key("stock/pears"), number(7)).put(key("stock/plums"), number(0)));

      move(store, "stock/apples", "stock/plums", 4);
      try (var stock = store.scan(ColumnFamily.DEFAULT, KeyRange.prefix(key("stock/")), Direction.FORWARD)) {
        while (stock.next()) System.out.println(text(stock.key()) + " = " + text(stock.value()));
      }

      store.put(SESSIONS, key("alice"), key("token"), Duration.ofMillis(100));
      System.out.println("session is there: " + (store.get(SESSIONS, key("alice")) != null));
      Thread.sleep(150);
      System.out.println("session is there after its time: " + (store.get(SESSIONS, key("alice")) != null));
    }
    try (KvStore again = NoKV.open(directory)) {
      System.out.println("after reopening, plums = " + text(again.get(key("stock/plums"))));
    }
  }

  /** Takes from one and gives to another, both or neither. A conflict means that somebody else changed one of them meanwhile, so we look again. */
  private static void move(KvStore store, String from, String to, int count) {
    while (true) {
      try (var transaction = store.begin()) {
        int left = Integer.parseInt(text(transaction.get(key(from)))) - count;
        if (left < 0) throw new IllegalStateException("not enough " + from);
        transaction.put(key(from), number(left));
        transaction.put(key(to), number(Integer.parseInt(text(transaction.get(key(to)))) + count));
        transaction.commit();
        return;
      } catch (ConflictException e) {
        System.out.println("again: " + e.getMessage());
      }
    }
  }

  private static byte[] key(String text) {
    return text.getBytes(UTF_8);
  }

  private static byte[] number(int value) {
    return key(Integer.toString(value));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }
}
