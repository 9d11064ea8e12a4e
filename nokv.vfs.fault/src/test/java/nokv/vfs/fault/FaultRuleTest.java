package nokv.vfs.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.MetricRegistry;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import nokv.api.ConfigException;
import nokv.spi.Environment;
import nokv.spi.Options;
import nokv.spi.PluginRegistry;
import nokv.spi.Vfs;
import nokv.spi.Vfs.Mode;
import nokv.spi.VfsException;
import nokv.spi.VfsFile;
import nokv.spi.VfsProvider;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rules: when they are due, what they do, and what is said of a bad one. */
final class FaultRuleTest {
  private static final MemorySegment TEN = MemorySegment.ofArray(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});

  private static VfsException failure(Runnable operation) {
    return assertThrows(VfsException.class, operation::run);
  }

  /** Which of {@code n} writes fail. */
  private static List<Integer> failing(int n, long seed, Map<String, Object> rule) {
    var vfs = FaultVfs.over(MemVfs.plain(), seed, List.of(rule));
    var failed = new ArrayList<Integer>();
    try (var file = vfs.open("a.wal", Mode.CREATE)) {
      for (int i = 1; i <= n; i++) {
        try {
          file.write(0, TEN);
        } catch (VfsException e) {
          failed.add(i);
        }
      }
    }
    assertEquals(failed.size(), vfs.injected(0), "every fault is counted");
    return failed;
  }

  @Test void aRuleIsDueOnTheNthOrAfterItOrAlwaysOrByChance() {
    assertEquals(List.of(3), failing(6, 1, Map.of("op", "write", "nth", 3, "action", "fail")));
    assertEquals(List.of(5, 6), failing(6, 1, Map.of("op", "write", "after", 4, "action", "fail")));
    assertEquals(List.of(1, 2, 3), failing(3, 1, Map.of("op", "write", "action", "fail")));
    assertEquals(List.of(), failing(3, 1, Map.of("op", "write", "path", "*.sst", "action", "fail")));
    var byChance = failing(1000, 7, Map.of("op", "write", "probability", 0.25, "action", "fail"));
    assertTrue(byChance.size() > 150 && byChance.size() < 350, byChance.toString());
    assertEquals(byChance, failing(1000, 7, Map.of("op", "write", "probability", 0.25, "action", "fail")), "the seed decides");
    assertFalse(byChance.equals(failing(1000, 8, Map.of("op", "write", "probability", 0.25, "action", "fail"))));
  }

  @ParameterizedTest @CsvSource({
    "*.wal, db/wal/000001.wal, true", "wal/*, db/wal/000001.wal, true", "wal/*, db/xwal/000001.wal, false", "db/*.wal, db/wal/000001.wal, false",
    "db/**.wal, db/wal/000001.wal, true", "00000?.wal, 000001.wal, true", "**, x, true", "CURRENT, db/CURRENT, true", "CURRENT, db/CURRENT.tmp, false", "/db/*, /db/CURRENT, true"})
  void aPathIsAGlobForTheEnd(String glob, String path, boolean matches) {
    var rule = FaultRule.parse("r", List.of(Map.of("path", glob, "action", "fail")), 1).getFirst();
    assertEquals(matches, rule.due(Operation.SYNC, path, null));
  }

  @Test void everyOperationCanFailAndIsNamed() {
    var inner = MemVfs.plain();
    inner.createDirectories("d");
    for (Operation operation : Operation.values()) {
      var vfs = FaultVfs.over(inner, 1, List.of(Map.of("op", operation.word, "nth", 1, "action", "fail")));
      var e = failure(() -> everything(vfs));
      assertEquals(VfsException.Cause.IO, e.kind());
      assertTrue(e.getMessage().startsWith("cannot " + operation.word + " d") && e.getMessage().contains("fault.rules[0]"), e.getMessage());
      assertEquals(1, vfs.injected());
    }
    assertEquals(0, inner.openFiles());
  }

  private static void everything(Vfs vfs) {
    for (String name : List.of("d/a", "d/b", "d/c")) if (vfs.exists(name)) vfs.delete(name);
    try (var file = vfs.open("d/a", Mode.CREATE)) {
      file.write(0, TEN);
      file.allocate(100);
      file.truncate(10);
      file.sync();
      file.read(0, MemorySegment.ofArray(new byte[10]));
      file.map(0, 10, java.lang.foreign.Arena.ofAuto());
    }
    vfs.open("d/a", Mode.READ).close();
    vfs.createDirectories("d/e");
    vfs.link("d/a", "d/b");
    vfs.rename("d/a", "d/c");
    vfs.syncDirectory("d");
    vfs.list("d");
    vfs.delete("d/b");
    try {
      vfs.lock("d/LOCK").close();
    } catch (VfsException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test void aTornWriteLeavesAPrefixAndFails() {
    boolean[] lengths = new boolean[10];
    for (int seed = 0; seed < 200; seed++) {
      var vfs = FaultVfs.over(MemVfs.plain(), seed, List.of(Map.of("action", "tear")));
      try (var file = vfs.open("a", Mode.CREATE)) {
        assertEquals(VfsException.Cause.IO, failure(() -> file.write(0, TEN)).kind());
        var left = new byte[10];
        int n = file.read(0, MemorySegment.ofArray(left));
        lengths[n] = true;
        for (int i = 0; i < n; i++) assertEquals(i + 1, left[i]);
      }
    }
    for (boolean seen : lengths) assertTrue(seen, "every length but the whole");
  }

  @Test void aFullDiskFailsWhatTakesSpaceAndLeavesTheRest() {
    var vfs = FaultVfs.over(MemVfs.plain(), 1, List.of(Map.of("action", "full", "after", 1)));
    try (var file = vfs.open("a", Mode.CREATE)) {
      assertEquals(VfsException.Cause.NO_SPACE, failure(() -> file.write(0, TEN)).kind());
      assertEquals(VfsException.Cause.NO_SPACE, failure(() -> file.allocate(10)).kind());
      assertEquals(VfsException.Cause.NO_SPACE, failure(() -> vfs.open("b", Mode.CREATE)).kind());
      file.sync();
      file.read(0, MemorySegment.ofArray(new byte[10]));
    }
    vfs.delete("a");
  }

  @Test void aDelayedOperationHappensAndLaterRulesSeeIt() {
    var metrics = new MetricRegistry();
    var vfs = FaultVfs.over(MemVfs.plain(), 1, List.of(Map.of("op", "create", "action", "delay", "delay", "5ms"), Map.of("op", "create", "nth", 2, "action", "fail")), metrics, message -> {});
    long start = System.nanoTime();
    vfs.open("a", Mode.CREATE).close();
    assertTrue(System.nanoTime() - start >= 5_000_000);
    failure(() -> vfs.open("b", Mode.CREATE));
    assertFalse(vfs.exists("b"));
    assertEquals(2, vfs.injected(0));
    assertEquals(1, vfs.injected(1));
    assertEquals(3, metrics.counter("fault.injected").getCount());
    assertEquals(2, metrics.counter("fault.delay").getCount());
    assertEquals(1, metrics.counter("fault.fail").getCount());
  }

  @Test void aSyncThatFailedHasLostItsPagesAndSucceedsWhenTriedAgain() {
    var disk = MemVfs.strict(1);
    var vfs = FaultVfs.over(disk, 1, List.of(Map.of("op", "sync", "nth", 2, "action", "fail")));
    VfsFile file = vfs.open("a", Mode.CREATE);
    file.sync();
    vfs.syncDirectory("");
    file.write(0, TEN);
    failure(file::sync);
    file.sync();
    file.close();
    try (var left = disk.afterPowerLoss(0).open("a", Mode.READ)) {
      assertEquals(0, left.size());
    }
  }

  @ParameterizedTest @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
    "{actoin=fail} | fault.rules[0].actoin is not an option; did you mean \\'action\\'?",
    "{action=fial} | fault.rules[0].action is \\'fial\\', expected one of fail, delay, tear, full, power-cut; did you mean \\'fail\\'?",
    "{action=fail, op=snyc} | did you mean \\'sync\\'?",
    "{op=sync} | fault.rules[0] has no action",
    "{action=fail, nth=1, after=2} | fault.rules[0] has nth and after; expected at most one",
    "{action=fail, nth=0} | fault.rules[0].nth is 0, expected 1 or more",
    "{action=fail, nth=x} | fault.rules[0].nth is \\'x\\', expected a whole number",
    "{action=fail, probability=2} | fault.rules[0].probability is 2.0, expected 0 to 1",
    "{action=delay} | no delay; expected one such as delay = 10ms",
    "{action=fail, delay=1s} | fault.rules[0].delay goes with action = delay",
    "{action=fail, survival=1} | fault.rules[0].survival goes with action = power-cut",
    "{action=tear, op=sync} | fault.rules[0].op is \\'sync\\', but action = tear suits write"})
  void aBadRuleIsNamedByIndexAndKeyWithWhatWasExpected(String rule, String message) {
    var map = new java.util.LinkedHashMap<String, Object>();
    for (String pair : rule.substring(1, rule.length() - 1).split(", ")) map.put(pair.split("=")[0], pair.split("=")[1]);
    var e = assertThrows(ConfigException.class, () -> FaultVfs.over(MemVfs.plain(), 1, List.of(map)));
    assertTrue(e.getMessage().contains(message.replace("\\'", "\"")), e.getMessage());
  }

  @Test void theProviderOpensWhatTheConfigNames() {
    var registry = PluginRegistry.installed();
    assertEquals(List.of("fault", "mem", "os"), registry.names(VfsProvider.class));
    var provider = registry.get(VfsProvider.class, "fault");
    var metrics = new MetricRegistry();
    try (var environment = Environment.system(1, 1 << 20, metrics)) {
      var raw = Map.of("inner", "mem", "seed", 3, "rules", List.of(Map.of("op", "create", "action", "fail")));
      try (var vfs = provider.open(environment.environment(), Options.parse("fault", provider.options(), raw), registry)) {
        assertTrue(failure(() -> vfs.open("a", Mode.CREATE)).getMessage().contains("seed 3"));
      }
      assertEquals(1, metrics.counter("fault.injected").getCount());
      for (var bad : List.of(Map.of("inner", "fault"), Map.of("inner", "oss"), Map.of("rules", List.of("x")))) {
        assertThrows(ConfigException.class, () -> provider.open(environment.environment(), Options.parse("fault", provider.options(), bad), registry));
      }
    }
    assertSame(provider.getClass(), FaultVfsProvider.class);
  }
}
