package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.List;

/** FUNCTION and FCALL. */
final class FunctionCommands {
  /** RDB's mark of a library's code. */
  private static final int LIBRARY = 245;

  private FunctionCommands() {}

  static void fcall(Call call) {
    synchronized (call.server.scripts()) {
      var libraries = call.server.scripts().libraries(call);
      var function = libraries.function(call.text(1));
      if (function == null) throw new RedisError("ERR Function not found");
      int firstArgument = ScriptCommands.firstArgument(call, new RedisError("ERR Bad number of keys provided"));
      call.server.scripts().run(call, function, libraries.machine(), firstArgument, call.name().endsWith("_ro"));
    }
  }

  static void load(Call call) {
    boolean replace = false;
    for (int i = 2; i < call.count() - 1; i++) {
      if (!call.is(i, "REPLACE")) throw new RedisError("ERR Unknown option given: " + call.text(i));
      replace = true;
    }
    synchronized (call.server.scripts()) {
      var libraries = call.server.scripts().libraries(call);
      byte[] code = call.arg(call.count() - 1);
      String name = Shebang.ofLibrary(code).name();
      if (!replace && libraries.library(name) != null) throw new RedisError("ERR Library '" + name + "' already exists");
      FunctionLibraries.Library library = libraries.compile(call, code);
      try {
        libraries.add(call, List.of(library), replace, "Library '%s' already exists");
      } catch (RedisError e) {
        libraries.forget(library);
        throw e;
      }
      call.reply().bulk(name);
    }
  }

  static void delete(Call call) {
    synchronized (call.server.scripts()) {
      var libraries = call.server.scripts().libraries(call);
      var library = libraries.library(call.text(2));
      if (library == null) throw new RedisError("ERR Library not found");
      libraries.remove(call, library);
    }
    call.reply().ok();
  }

  static void flush(Call call) {
    if (call.count() > 3) throw subcommandSyntax(call);
    if (call.count() == 3 && !call.is(2, "SYNC") && !call.is(2, "ASYNC")) throw new RedisError("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
    synchronized (call.server.scripts()) {
      var libraries = call.server.scripts().libraries(call);
      for (var library : List.copyOf(libraries.all())) libraries.remove(call, library);
    }
    call.reply().ok();
  }

  private static RedisError subcommandSyntax(Call call) {
    return new RedisError("ERR unknown subcommand or wrong number of arguments for '" + call.text(1) + "'. Try FUNCTION HELP.");
  }

  static void list(Call call) {
    boolean code = false;
    Glob pattern = null;
    for (int i = 2; i < call.count(); i++) {
      if (!code && call.is(i, "WITHCODE")) {
        code = true;
      } else if (pattern == null && call.is(i, "LIBRARYNAME")) {
        if (i + 1 == call.count()) throw new RedisError("ERR library name argument was not given");
        pattern = new Glob(call.text(++i).toLowerCase(java.util.Locale.ROOT).getBytes(java.nio.charset.StandardCharsets.UTF_8));
      } else {
        throw new RedisError("ERR Unknown argument " + call.text(i));
      }
    }
    synchronized (call.server.scripts()) {
      var shown = new ArrayList<FunctionLibraries.Library>();
      for (var library : call.server.scripts().libraries(call).all()) {
        if (pattern == null || pattern.matches(library.name().toLowerCase(java.util.Locale.ROOT).getBytes(java.nio.charset.StandardCharsets.UTF_8))) shown.add(library);
      }
      call.reply().array(shown.size());
      for (var library : shown) show(call.reply(), library, code);
    }
  }

  private static void show(ReplyWriter reply, FunctionLibraries.Library library, boolean code) {
    reply.map(code ? 4 : 3);
    reply.bulk("library_name");
    reply.bulk(library.name());
    reply.bulk("engine");
    reply.bulk("LUA");
    reply.bulk("functions");
    reply.array(library.functions().size());
    for (var function : library.functions().values()) {
      reply.map(3);
      reply.bulk("name");
      reply.bulk(function.name());
      reply.bulk("description");
      if (function.description() == null) reply.nil();
      else reply.bulk(function.description());
      reply.bulk("flags");
      reply.set(function.flags().size());
      for (String flag : function.flags()) reply.simple(flag);
    }
    if (code) {
      reply.bulk("library_code");
      reply.bulk(library.code());
    }
  }

  static void dump(Call call) {
    var out = new RdbWriter();
    synchronized (call.server.scripts()) {
      for (var library : call.server.scripts().libraries(call).all()) {
        out.type(LIBRARY);
        out.string(library.code());
      }
    }
    call.reply().bulk(out.finish());
  }

  static void restore(Call call) {
    if (call.count() > 4) throw subcommandSyntax(call);
    boolean replace = call.count() == 4 && call.is(3, "REPLACE");
    boolean flush = call.count() == 4 && call.is(3, "FLUSH");
    if (call.count() == 4 && !replace && !flush && !call.is(3, "APPEND")) {
      throw new RedisError("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
    }
    var in = RdbReader.of(call.arg(2));
    synchronized (call.server.scripts()) {
      var libraries = call.server.scripts().libraries(call);
      var restored = new ArrayList<FunctionLibraries.Library>();
      try {
        while (!in.atEnd()) {
          if (in.octet() != LIBRARY) throw new RedisError("ERR given type is not a function");
          FunctionLibraries.Library library = libraries.compile(call, in.string());
          restored.add(library);
          if (restored.stream().anyMatch(other -> other != library && other.name().equals(library.name()))) throw new RedisError("ERR Library '" + library.name() + "' already exists");
        }
        if (flush) for (var library : List.copyOf(libraries.all())) libraries.remove(call, library);
        libraries.add(call, restored, replace, "Library %s already exists");
      } catch (RdbReader.BadFormat e) {
        restored.forEach(libraries::forget);
        throw new RedisError("ERR failed loading the given functions payload");
      } catch (RedisError e) {
        restored.forEach(libraries::forget);
        throw e;
      }
    }
    call.reply().ok();
  }

  static void kill(Call call) {
    call.server.scripts().kill(true);
    call.reply().ok();
  }

  static void stats(Call call) {
    call.server.scripts().stats(call);
  }

  static void help(Call call) {
    Help.reply(call, "LOAD [REPLACE] <FUNCTION CODE>", "    Create a new library with the given library name and code.", "DELETE <LIBRARY NAME>", "    Delete the given library.",
        "LIST [LIBRARYNAME PATTERN] [WITHCODE]", "    Return general information on all the libraries:", "    * Library name", "    * The engine used to run the Library",
        "    * Library description", "    * Functions list", "    * Library code (if WITHCODE is given)",
        "    It also possible to get only function that matches a pattern using LIBRARYNAME argument.", "STATS", "    Return information about the current function running:",
        "    * Function name", "    * Command used to run the function", "    * Duration in MS that the function is running", "    If no function is running, return nil",
        "    In addition, returns a list of available engines.", "KILL", "    Kill the current running function.", "FLUSH [ASYNC|SYNC]", "    Delete all the libraries.",
        "    When called without the optional mode argument, the behavior is determined by the", "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
        "    * ASYNC: Asynchronously flush the libraries.", "    * SYNC: Synchronously flush the libraries.", "DUMP",
        "    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE command", "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
        "    Restore the libraries represented by the given payload, it is possible to give a restore policy to", "    control how to handle existing libraries (default APPEND):",
        "    * FLUSH: delete all existing libraries.", "    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
        "    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the old",
        "      libraries with the new libraries (notice that even on this option there is a chance of failure", "      in case of functions name collision with another library).");
  }
}
