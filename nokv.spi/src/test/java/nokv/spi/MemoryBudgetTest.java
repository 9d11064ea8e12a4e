package nokv.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import nokv.api.ConfigException;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
  @Test void claimsNeverPassTheLimitAndTheRefusalNamesWhoHoldsWhat() {
    var budget = new MemoryBudget(100);
    budget.claim("cache", 60);
    String message = assertThrows(ConfigException.class, () -> budget.claim("memtable", 41)).getMessage();
    assertTrue(message.contains("cache=60") && message.contains("memtable"), message);
    assertEquals(60, budget.claimedBytes());
  }

  @Test void aClosedClaimCanBeGivenToSomebodyElse() {
    var budget = new MemoryBudget(100);
    var first = budget.claim("cache", 60);
    var second = budget.claim("cache", 40);
    assertEquals(100, budget.claimedBytes());
    first.close();
    assertEquals(40, budget.claimedBytes());
    second.close();
    assertEquals(Map.of(), budget.claims());
    assertEquals(100, budget.claim("memtable", 100).bytes());
  }
}
