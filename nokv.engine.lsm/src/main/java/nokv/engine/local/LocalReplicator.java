package nokv.engine.local;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import nokv.api.KvStore;
import nokv.spi.Environment;
import nokv.spi.MemoryBudget;
import nokv.spi.Oracle;
import nokv.spi.Register;
import nokv.spi.Replicator;
import nokv.spi.StorageEngine;
import org.jspecify.annotations.Nullable;

/** The {@code local} replicator: nothing is replicated, one engine is the whole store. Thread-safe. */
final class LocalReplicator implements Replicator {
  private final Environment environment;
  private final StorageEngine engine;
  private final LocalStore.Settings settings;
  private final Map<String, Register> registers = new ConcurrentHashMap<>();
  private final MemoryBudget.Claim memory;
  private @Nullable LocalStore store;

  LocalReplicator(Environment environment, StorageEngine engine, LocalStore.Settings settings) {
    this.environment = environment;
    this.engine = engine;
    this.settings = settings;
    this.memory = environment.memory().claim("txn", Versions.BYTES);
  }

  @Override public Register register(String name) {
    return registers.computeIfAbsent(name, key -> new MetadataRegister(engine, key));
  }

  @Override public synchronized KvStore store(Oracle oracle) {
    if (store != null) throw new IllegalStateException("the store of this replicator is open already");
    store = new LocalStore(engine, oracle, environment, settings);
    return store;
  }

  @Override public CompletionStage<Long> newestVersion() {
    return CompletableFuture.completedFuture(engine.maxVersion());
  }

  @Override public synchronized Map<String, Object> stats() {
    var stats = new LinkedHashMap<String, Object>();
    if (store != null) stats.put("txn", store.figures.stats());
    return stats;
  }

  @Override public synchronized void close() {
    if (store != null) store.close();
    memory.close();
  }
}
