package nokv.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import nokv.api.ConfigException;
import org.junit.jupiter.api.Test;

class PluginRegistryTest {
  @Test void aKindWithoutAnyPluginSaysSo() {
    PluginRegistry registry = PluginRegistry.installed();
    assertEquals("storage_engine \"lsm\" is not available in this build; it has no plugin of this kind",
        assertThrows(ConfigException.class, () -> registry.get(StorageEngineProvider.class, "lsm")).getMessage());
    assertEquals(List.of(), registry.names(VfsProvider.class));
  }

  @Test void theNearestNameIsOfferedWhereThereIsOne() {
    assertEquals("; did you mean \"interval\"?", Nearest.hint("intervall", List.of("always", "interval", "none")));
    assertEquals("; known are os, mem", Nearest.hint("completely-else", List.of("os", "mem")));
  }
}
