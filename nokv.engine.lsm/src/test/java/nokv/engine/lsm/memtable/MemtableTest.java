package nokv.engine.lsm.memtable;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Random;
import nokv.engine.lsm.table.Model;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: a memtable is the sorted map that was written to it, and its readers need not wait for its writer. */
class MemtableTest {
  static void add(Memtable memtable, Model.Item item) {
    if (item.pointer() != null) {
      memtable.addPointer(item.family(), item.key(), item.version(), item.sequence(), item.kind(), item.start(), item.expiry(), item.pointer());
    } else {
      memtable.add(item.family(), item.key(), item.version(), item.sequence(), item.kind(), item.start(), item.expiry(), item.value());
    }
  }

  @ParameterizedTest @ValueSource(ints = {0, 1, 2, 300, 20000})
  void walksAndFindsLikeASortedMap(int count) {
    for (long seed = 1; seed <= 3; seed++) {
      String what = count + " items, seed " + seed;
      Model model = new Model(seed).fill(count);
      var inAnyOrder = new ArrayList<>(model.items.values());
      Collections.shuffle(inAnyOrder, new Random(seed));
      try (var memtable = new Memtable(seed)) {
        for (Model.Item item : inAnyOrder) add(memtable, item);
        assertEquals(model.items.size(), memtable.entries());
        model.assertWalks(memtable.iterator(), what);
        model.assertFinds(memtable::get, what);
      }
    }
  }
}
