package nokv.launcher;

import java.io.File;
import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.lang.module.ResolutionException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import nokv.api.ConfigException;
import nokv.spi.PluginRegistry;

/**
 * Third-party plugins: each jar in a plugins folder gets a module layer of its own, and so does each directory in it, with all the jars inside (a plugin with libraries).
 * So two plugins may use two versions of one library.
 */
final class PluginFolders {
  private PluginFolders() {}

  /** The distribution's {@code plugins} and the folders that the variable {@code NOKV_PLUGINS} lists. */
  static List<Path> ofThisProcess() {
    var folders = new ArrayList<Path>();
    String home = System.getProperty("nokv.home");
    if (home != null) folders.add(Path.of(home, "plugins"));
    String more = System.getenv("NOKV_PLUGINS");
    if (more != null) for (String folder : more.split(File.pathSeparator)) if (!folder.isEmpty()) folders.add(Path.of(folder));
    return folders;
  }

  /** @throws ConfigException a jar is no modular jar, or needs a module that is not there; the message names it */
  static PluginRegistry load(List<Path> folders) {
    var layers = new ArrayList<ModuleLayer>();
    for (Path folder : folders) {
      if (!Files.isDirectory(folder)) continue;
      try (var entries = Files.list(folder)) {
        for (Path entry : entries.sorted().toList()) {
          if (Files.isDirectory(entry) || entry.getFileName().toString().endsWith(".jar")) layers.add(layer(entry));
        }
      } catch (IOException e) {
        throw new ConfigException("plugins folder " + folder + " cannot be read: " + e.getMessage(), e);
      }
    }
    return PluginRegistry.withLayers(layers);
  }

  private static ModuleLayer layer(Path jarOrDirectory) {
    try {
      var finder = ModuleFinder.of(jarOrDirectory);
      var modules = finder.findAll();
      if (modules.stream().noneMatch(module -> !module.descriptor().isAutomatic())) {
        throw new ConfigException("plugin " + jarOrDirectory + " is no modular jar, expected one with a module-info that requires nokv.spi and provides a provider");
      }
      ModuleLayer parent = ModuleLayer.boot();
      Configuration configuration = parent.configuration().resolve(finder, ModuleFinder.of(), modules.stream().map(ModuleReference::descriptor)
          .map(descriptor -> descriptor.name()).collect(Collectors.toSet()));
      return parent.defineModulesWithOneLoader(configuration, ClassLoader.getSystemClassLoader());
    } catch (FindException | ResolutionException | LayerInstantiationException e) {
      throw new ConfigException("plugin " + jarOrDirectory + " cannot be loaded: " + e.getMessage(), e);
    }
  }
}
