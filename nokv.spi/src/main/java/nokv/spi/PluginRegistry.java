package nokv.spi;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import nokv.api.ConfigException;

/** Every provider that can be found, by kind and name. Immutable. */
public final class PluginRegistry {
  private final Map<Class<? extends Provider>, Map<String, Provider>> byKind = new LinkedHashMap<>();

  private PluginRegistry() {}

  /** The providers on the module path or class path of this process. */
  public static PluginRegistry installed() {
    return withLayers(List.of());
  }

  /** Those, and the ones in further module layers. @throws ConfigException two providers of one kind have one name, saying where each comes from */
  public static PluginRegistry withLayers(Collection<ModuleLayer> layers) {
    var registry = new PluginRegistry();
    registry.load(VfsProvider.class, ServiceLoader.load(VfsProvider.class), layers);
    registry.load(ValueStoreProvider.class, ServiceLoader.load(ValueStoreProvider.class), layers);
    registry.load(StorageEngineProvider.class, ServiceLoader.load(StorageEngineProvider.class), layers);
    registry.load(ReplicatorProvider.class, ServiceLoader.load(ReplicatorProvider.class), layers);
    registry.load(OracleProvider.class, ServiceLoader.load(OracleProvider.class), layers);
    registry.load(ProtocolFrontendProvider.class, ServiceLoader.load(ProtocolFrontendProvider.class), layers);
    registry.load(RegionHookProvider.class, ServiceLoader.load(RegionHookProvider.class), layers);
    return registry;
  }

  private <P extends Provider> void load(Class<P> kind, ServiceLoader<P> installed, Collection<ModuleLayer> layers) {
    var found = new TreeMap<String, Provider>();
    for (P provider : installed) add(kind, found, provider);
    for (ModuleLayer layer : layers) {
      for (P provider : ServiceLoader.load(layer, kind)) if (provider.getClass().getModule().getLayer() == layer) add(kind, found, provider);
    }
    byKind.put(kind, found);
  }

  private static void add(Class<?> kind, Map<String, Provider> found, Provider provider) {
    Provider other = found.putIfAbsent(provider.name(), provider);
    if (other != null && other.getClass() != provider.getClass()) {
      throw new ConfigException("two plugins provide a " + kindName(kind) + " named \"" + provider.name() + "\": " + where(other) + " and " + where(provider) + "; remove one");
    }
  }

  private static String where(Provider provider) {
    return provider.getClass().getName() + " in " + provider.getClass().getProtectionDomain().getCodeSource().getLocation();
  }

  /** {@code VfsProvider} → {@code vfs}. */
  static String kindName(Class<?> kind) {
    return kind.getSimpleName().replace("Provider", "").replaceAll("([a-z])([A-Z])", "$1_$2").toLowerCase(java.util.Locale.ROOT);
  }

  /** @throws ConfigException no provider of this kind has that name; the message lists those there are */
  public <P extends Provider> P get(Class<P> kind, String name) {
    Map<String, Provider> found = byKind.getOrDefault(kind, Map.of());
    Provider provider = found.get(name);
    if (provider == null) {
      throw new ConfigException(kindName(kind) + " \"" + name + "\" is not available in this build"
          + (found.isEmpty() ? "; it has no plugin of this kind" : Nearest.hint(name, found.keySet())));
    }
    return kind.cast(provider);
  }

  /** The names of one kind, sorted. */
  public List<String> names(Class<? extends Provider> kind) {
    return List.copyOf(byKind.getOrDefault(kind, Map.of()).keySet());
  }

  /** Every provider of every kind. */
  public List<Provider> all() {
    var all = new ArrayList<Provider>();
    for (var found : byKind.values()) all.addAll(found.values());
    return all;
  }
}
