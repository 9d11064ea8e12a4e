package nokv.raftstore.txn;

import com.codahale.metrics.MetricRegistry;
import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import nokv.engine.lsm.LsmEngineProvider;
import nokv.raftstore.proto.Context;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.RegionError;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.store.RegionException;
import nokv.raftstore.store.Regions;
import nokv.raftstore.store.SafePoint;
import nokv.spi.EngineBatch;
import nokv.spi.Environment;
import nokv.spi.Options;
import nokv.spi.Oracle;
import nokv.spi.StorageEngine;
import nokv.spi.txn.Stages;
import nokv.vfs.MemVfs;
import nokv.vlog.VlogProvider;
import org.jspecify.annotations.Nullable;

/** A consensus of one: one region over a real engine, applied at once, or when the test lets it. */
final class LoneRegions implements Regions, AutoCloseable {
  /** That may be under way. */
  static final int COMMAND_BYTES = 64 << 10;

  private final Environment.Owned threads = Environment.system(1, 256 << 20, new MetricRegistry());
  private final nokv.spi.ValueStore values;
  final StorageEngine engine;
  final SafePoint safePoint;
  final Commands commands;
  final Region region = Region.newBuilder().setId(1).setEndKey(ByteString.copyFromUtf8("z")).build();
  final AtomicLong clock = new AtomicLong(1000);
  private final List<Held> held = new ArrayList<>();
  private boolean holding;

  private record Held(Runnable apply, CompletableFuture<Void> done) {}

  private volatile boolean lost;

  /** Gives the test's timestamps. */
  private final class CountingOracle implements Oracle {
    @Override public long tryNext() {
      return clock.incrementAndGet();
    }

    @Override public CompletionStage<Long> next() {
      return CompletableFuture.completedFuture(tryNext());
    }

    @Override public Map<String, Object> stats() {
      return Map.of();
    }

    @Override public void close() {}
  }

  LoneRegions() {
    var environment = threads.environment();
    var files = MemVfs.plain();
    var vlog = new VlogProvider();
    values = vlog.open(environment, Options.parse("vlog", vlog.options(), Map.of()), files, "db", false);
    var lsm = new LsmEngineProvider();
    engine = lsm.open(environment, Options.parse("engine", lsm.options(), Map.of("memtable_size", "256KiB", "block_cache_size", "1MiB")), files, values, "db", false);
    safePoint = new SafePoint(engine);
    commands = new Commands(environment, engine, this, safePoint, COMMAND_BYTES);
  }

  void lead() {
    commands.start(new CountingOracle());
    commands.listener().leading(region, 1);
  }

  long timestamp() {
    return clock.incrementAndGet();
  }

  Response ask(Request.Builder request) {
    return send(request).join();
  }

  CompletableFuture<Response> send(Request.Builder request) {
    return commands.handle(request.build()).exceptionally(error -> {
      if (Stages.cause(error) instanceof RegionException refused) return Response.newBuilder().setRegionError(refused.error()).build();
      throw new AssertionError(error);
    }).toCompletableFuture();
  }

  @Override public CompletionStage<Lead> lead(Context context) {
    if (lost) return CompletableFuture.failedFuture(new RegionException(RegionError.newBuilder().setNotLeader(RegionError.NotLeader.getDefaultInstance()).build()));
    return CompletableFuture.completedFuture(new Lead(region, 1));
  }

  @Override public @Nullable Lead leading(Context context) {
    return lost ? null : new Lead(region, 1);
  }

  @Override public CompletionStage<Void> propose(Lead lead, List<EngineBatch.Entry> writes) {
    var done = new CompletableFuture<Void>();
    Runnable apply = () -> {
      var batch = new EngineBatch();
      writes.forEach(batch::add);
      engine.writeAsync(batch).whenComplete((sequence, error) -> {
        if (error == null) done.complete(null);
        else done.completeExceptionally(error);
      });
    };
    synchronized (this) {
      if (holding) {
        held.add(new Held(apply, done));
        notifyAll();
        return done;
      }
    }
    apply.run();
    return done;
  }

  synchronized void hold() {
    holding = true;
  }

  synchronized void awaitHeld() throws InterruptedException {
    while (held.isEmpty()) wait();
  }

  void letGo() {
    List<Held> due;
    synchronized (this) {
      holding = false;
      due = List.copyOf(held);
      held.clear();
    }
    due.forEach(each -> each.apply.run());
  }

  /** Leadership is gone; whether what was held back is committed is not known here. */
  void lose() {
    lost = true;
    List<Held> unknown;
    synchronized (this) {
      unknown = List.copyOf(held);
      held.clear();
    }
    var error = RegionError.newBuilder().setUndetermined(RegionError.Undetermined.getDefaultInstance()).build();
    unknown.forEach(each -> each.done.completeExceptionally(new RegionException(error)));
  }

  @Override public void close() {
    engine.close();
    values.close();
    threads.close();
  }
}
