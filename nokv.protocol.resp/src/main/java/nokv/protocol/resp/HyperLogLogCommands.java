package nokv.protocol.resp;

import nokv.api.Entry;

/** The PF commands: counting different elements in little space. */
final class HyperLogLogCommands {
  private static final int SELF_TEST_ELEMENTS = 100_000;

  private HyperLogLogCommands() {}

  private static int maxSparseBytes(Call call) {
    return (int) Math.min(Integer.MAX_VALUE, call.server.settings().number("hll-sparse-max-bytes"));
  }

  private static void put(Call call, byte[] key, Entry old, HyperLogLog log) {
    call.keys.put(key, log.record(maxSparseBytes(call)), old.expiryMillis());
  }

  static void pfadd(Call call) {
    Entry old = call.entry(1);
    var log = HyperLogLog.of(old == null ? null : old.value());
    boolean changed = old == null;
    for (int i = 2; i < call.count(); i++) changed |= log.add(call.arg(i));
    if (old == null) call.keys.put(call.arg(1), log.record(maxSparseBytes(call)), 0);
    else if (changed) put(call, call.arg(1), old, log);
    call.reply().integer(changed ? 1 : 0);
  }

  /** Of one key, an estimate that is out of date is brought up to date, which is a write. */
  static Access countAccess(byte[][] args) {
    return args.length == 2 ? Access.UPDATE : Access.READ;
  }

  static void pfcount(Call call) {
    if (call.count() > 2) {
      call.keys.pin();
      var union = new HyperLogLog();
      for (int i = 1; i < call.count(); i++) union.merge(HyperLogLog.of(call.record(i)));
      call.reply().integer(union.estimate());
      return;
    }
    Entry old = call.entry(1);
    if (old == null) {
      call.reply().integer(0);
      return;
    }
    var log = HyperLogLog.of(old.value());
    if (log.count < 0) {
      log.count = log.estimate();
      put(call, call.arg(1), old, log);
    }
    call.reply().integer(log.count);
  }

  static void pfmerge(Call call) {
    Entry old = call.entry(1);
    var merged = new HyperLogLog();
    for (int i = 1; i < call.count(); i++) {
      var each = HyperLogLog.of(call.record(i));
      merged.merge(each);
      merged.dense |= each.dense;
    }
    if (old == null) call.keys.put(call.arg(1), merged.record(maxSparseBytes(call)), 0);
    else put(call, call.arg(1), old, merged);
    call.reply().ok();
  }

  static void pfdebug(Call call) {
    Entry old = call.entry(2);
    if (old == null) throw new RedisError("ERR The specified key does not exist");
    var log = HyperLogLog.of(old.value());
    String what = call.upper(1);
    if (!java.util.Set.of("GETREG", "DECODE", "ENCODING", "TODENSE").contains(what)) throw new RedisError("ERR Unknown PFDEBUG subcommand '" + call.text(1) + "'");
    if (call.count() != 3) throw new RedisError("ERR Wrong number of arguments for the '" + call.text(1) + "' subcommand");
    boolean sparse = !log.dense;
    if (sparse && (what.equals("GETREG") || what.equals("TODENSE"))) {
      log.dense = true;
      put(call, call.arg(2), old, log);
    }
    switch (what) {
      case "GETREG" -> {
        call.reply().array(HyperLogLog.REGISTERS);
        for (byte register : log.registers) call.reply().integer(register);
      }
      case "DECODE" -> {
        if (!sparse) throw new RedisError("ERR HLL encoding is not sparse");
        call.reply().bulk(log.runs());
      }
      case "ENCODING" -> call.reply().simple(sparse ? "sparse" : "dense");
      default -> call.reply().integer(sparse ? 1 : 0);
    }
  }

  /** Adds many elements and looks whether both encodings keep them and the estimate is near. */
  static void pfselftest(Call call) {
    var log = new HyperLogLog();
    for (int i = 1; i <= SELF_TEST_ELEMENTS; i++) {
      log.add(Numbers.bytes(i * 0x9E3779B97F4A7C15L));
      if (Integer.bitCount(i) > 1) continue;
      var read = HyperLogLog.of(log.record(Integer.MAX_VALUE));
      boolean near = Math.abs(read.estimate() - i) <= 1 + i / 20;
      if (!java.util.Arrays.equals(read.registers, log.registers) || !near) throw new RedisError("TESTFAILED " + i + " elements are estimated as " + read.estimate());
    }
    call.reply().ok();
  }
}
