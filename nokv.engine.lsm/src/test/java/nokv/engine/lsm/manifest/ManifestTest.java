package nokv.engine.lsm.manifest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import nokv.api.CorruptException;
import nokv.api.DiskFullException;
import nokv.api.NoKVException;
import nokv.api.TooNewException;
import nokv.engine.lsm.manifest.Change.AddTable;
import nokv.engine.lsm.manifest.Change.Flushed;
import nokv.engine.lsm.manifest.Change.MaxVersion;
import nokv.engine.lsm.manifest.Change.Metadata;
import nokv.engine.lsm.manifest.Change.RemoveTable;
import nokv.spi.Vfs;
import nokv.spi.VfsFile;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {
  private static final long SEED = 42;
  private static final int EDITS = 30;

  private static TableMeta table(long number) {
    var span = new Span(new Bound(0, key(number)), Bound.after(1, key(number + 1)));
    return new TableMeta(number, 1000 + number, span, 10, 1, 2, number, number + 9, 77, number, number % 2 == 0, List.of(new ValueReference(1, 2, 3, 4, 5)));
  }

  private static byte[] key(long n) {
    return Long.toString(n).getBytes();
  }

  /** Edits that each leave a trace: the flushed sequence is the number of edits. */
  private static int run(Vfs vfs, int edits) {
    int done = 0;
    try (var manifest = Manifest.read(vfs, "db", 600)) {
      manifest.start();
      done = (int) manifest.flushedSequence();
      for (int i = done + 1; i <= edits; i++) {
        manifest.edit(List.of(new AddTable(0, table(i)), new Flushed(i, i), new MaxVersion(i), new Metadata("name", key(i))));
        if (i % 3 == 0) manifest.edit(List.of(new RemoveTable(0, i), new AddTable(1, table(i))));
        done = i;
      }
    } catch (NoKVException e) {
      assertTrue(MemVfs.isPowerOff(e), e::toString);
    }
    return done;
  }

  private static void check(Vfs vfs, int least, String where) {
    try (var manifest = Manifest.read(vfs, "db", 600)) {
      long n = manifest.flushedSequence();
      assertTrue(n >= least, where + ": " + n + " edits, " + least + " were acknowledged");
      assertEquals(n, manifest.tables().size(), where);
      for (AddTable add : manifest.tables()) assertEquals(table(add.table().number()), add.table(), where);
      if (n > 0) assertArrayEquals(key(n), manifest.metadata("name"), where);
      assertEquals(n, manifest.maxVersion(), where);
    }
  }

  @ParameterizedTest @ValueSource(doubles = {0, 0.5, 1})
  void acknowledgedEditsSurvivePowerLossAtEveryOperation(double survival) {
    var whole = MemVfs.strict(SEED);
    whole.createDirectories("db");
    whole.syncDirectory("/");
    assertEquals(EDITS, run(whole, EDITS));
    assertEquals(0, whole.openFiles());
    for (long at = 4; at <= whole.operations(); at++) {
      var disk = MemVfs.strict(SEED + at);
      disk.createDirectories("db");
      disk.syncDirectory("/");
      disk.cutPowerAt(at);
      int acknowledged = run(disk, EDITS);
      var after = disk.afterPowerLoss(survival);
      String where = "power lost at operation " + at + ", seed " + (SEED + at);
      if (acknowledged > 0 || Manifest.exists(after, "db")) check(after, acknowledged, where);
      assertEquals(EDITS, run(after, EDITS), where);
      check(after, EDITS, where);
      assertEquals(List.of("CURRENT"), after.list("db").stream().filter(name -> !name.startsWith("MANIFEST-")).toList(), where);
    }
  }

  @Test void anyDamagedBitBelowASoundRecordIsReportedAndNeverRead() {
    var disk = MemVfs.plain();
    disk.createDirectories("db");
    run(disk, EDITS);
    String path = "db/" + disk.list("db").stream().filter(name -> name.startsWith("MANIFEST-")).findFirst().orElseThrow();
    var random = new SplittableRandom(SEED);
    byte[] file;
    try (VfsFile f = disk.open(path, Vfs.Mode.READ)) {
      file = new byte[(int) f.size()];
      f.read(0, MemorySegment.ofArray(file));
    }
    int last = ManifestFormat.HEADER_BYTES;
    for (int next; (next = ManifestFormat.recordBytes(file, last)) > 0 && last + next < file.length; ) last += next;
    for (int i = 0; i < 300; i++) {
      int at = random.nextInt(last);
      byte[] damaged = file.clone();
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      try (VfsFile f = disk.open(path, Vfs.Mode.READ_WRITE)) {
        f.write(0, MemorySegment.ofArray(damaged));
      }
      var e = assertThrows(NoKVException.class, () -> Manifest.read(disk, "db", 600), "bit flipped at " + at + ", seed " + SEED);
      assertTrue(e instanceof CorruptException || e instanceof TooNewException, e::toString);
    }
  }

  @Test void aFullDiskRefusesAnEditAndLaterTakesIt() {
    var disk = MemVfs.plain();
    disk.createDirectories("db");
    try (var manifest = Manifest.read(disk, "db", 1 << 20)) {
      manifest.start();
      byte[] large = new byte[20_000];
      disk.capacity(16_384);
      assertThrows(DiskFullException.class, () -> manifest.edit(List.of(new Metadata("large", large))));
      manifest.edit(List.of(new Metadata("small", key(1))));
      disk.capacity(1 << 20);
      manifest.edit(List.of(new Metadata("large", large)));
    }
    try (var manifest = Manifest.read(disk, "db", 1 << 20)) {
      assertArrayEquals(key(1), manifest.metadata("small"));
      assertEquals(20_000, manifest.metadata("large").length);
    }
  }
}
