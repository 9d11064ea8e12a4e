package nokv.protocol.resp;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import nokv.api.NoKVException;
import party.iroiro.luajava.Lua;
import party.iroiro.luajava.lua51.Lua51;
import party.iroiro.luajava.lua51.Lua51Natives;

/**
 * Loads native Lua 5.1. The binding's own loader looks for the native code in its own jar only, once the jars are modules; so it is found, unpacked and loaded here, and the binding told that
 * it is there.
 */
final class LuaLibrary {
  private static boolean loaded;

  private LuaLibrary() {}

  /** A new state. @throws NoKVException there is no native Lua for this machine */
  static synchronized Lua open() {
    try {
      if (!loaded) load();
      loaded = true;
      return new Lua51();
    } catch (LinkageError | ReflectiveOperationException | IOException | RuntimeException e) {
      throw new NoKVException("scripts cannot be run here, Lua 5.1 for " + System.getProperty("os.name") + " " + System.getProperty("os.arch") + " does not load: " + e, e);
    }
  }

  @SuppressWarnings("restricted") // the start script allows native code to this module
  private static void load() throws IOException, ReflectiveOperationException {
    Path unpacked = unpack(fileName(System.getProperty("os.name", ""), System.getProperty("os.arch", "")));
    System.load(unpacked.toString());
    unpacked.toFile().deleteOnExit();
    Method bind = Lua51Natives.class.getDeclaredMethod("initBindings");
    bind.setAccessible(true);
    if (!Integer.valueOf(0).equals(bind.invoke(null))) throw new LinkageError("the bindings do not fit");
    Field known = Lua51Natives.class.getDeclaredField("loaded");
    known.setAccessible(true);
    if (known.get(null) instanceof AtomicReference<?> reference) set(reference, unpacked.toString());
  }

  @SuppressWarnings("unchecked")
  private static void set(AtomicReference<?> reference, String value) {
    ((AtomicReference<String>) reference).set(value);
  }

  private static String fileName(String system, String architecture) {
    String bits = architecture.equals("aarch64") ? "arm64" : "64";
    String os = system.toLowerCase(Locale.ROOT);
    return os.contains("win") ? "lua51" + bits + ".dll" : "liblua51" + bits + (os.contains("mac") ? ".dylib" : ".so");
  }

  private static Path unpack(String name) throws IOException {
    try (var in = LuaLibrary.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) throw new FileNotFoundException(name + " is in no jar");
      Path file = Files.createTempFile("nokv-", name);
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
      return file;
    }
  }
}
