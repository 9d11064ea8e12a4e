package nokv.spi;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import nokv.api.ConfigException;

/**
 * One limit in bytes that every cache, buffer and memtable of a node shares. A part claims its share when it opens and gives it back when it closes. Thread-safe.
 */
public final class MemoryBudget {
  private final long limitBytes;
  private final Map<String, Long> claims = new ConcurrentHashMap<>();

  public MemoryBudget(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  public long limitBytes() {
    return limitBytes;
  }

  /** @throws ConfigException if all claims together would pass the limit; the message lists them */
  public synchronized Claim claim(String owner, long bytes) {
    long claimed = claimedBytes();
    if (claimed + bytes > limitBytes) {
      throw new ConfigException("memory budget of " + limitBytes + " bytes cannot hold " + owner + " (" + bytes + " bytes) beside " + new TreeMap<>(claims)
          + "; raise engine.memory_budget or lower one of them");
    }
    claims.merge(owner, bytes, Long::sum);
    return new Claim(this, owner, bytes);
  }

  public long claimedBytes() {
    return claims.values().stream().mapToLong(Long::longValue).sum();
  }

  /** What is claimed by whom, for statistics. */
  public Map<String, Long> claims() {
    return new TreeMap<>(claims);
  }

  /** A share of the budget; close to give it back. */
  public record Claim(MemoryBudget budget, String owner, long bytes) implements AutoCloseable {
    @Override public void close() {
      budget.claims.computeIfPresent(owner, (name, held) -> held <= bytes ? null : Long.valueOf(held - bytes));
    }
  }
}
