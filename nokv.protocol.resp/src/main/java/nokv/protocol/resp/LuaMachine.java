package nokv.protocol.resp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.IntBinaryOperator;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;
import nokv.api.NoKVException;
import org.jspecify.annotations.Nullable;
import party.iroiro.luajava.JFunction;
import party.iroiro.luajava.Lua;
import party.iroiro.luajava.LuaNatives;
import party.iroiro.luajava.lua51.Lua51Natives;


/*
 * How scripts are kept in
 *
 * A machine is one Lua state: Lua 5.1 itself, called through JNI. What scripts see is made in Lua, by sandbox.lua: an environment that can be read and not written, without
 * files, modules, the debug library and binary code. The functions made here are all that leads out of it. They check their arguments and never throw, for
 * the binding would hand the Java object to the script: whatever goes wrong is a Lua value, returned or raised.
 *
 * Time: a hook in Lua calls `tick` every 100,000 instructions, in every coroutine. What it returns becomes an error that no pcall holds up.
 *
 * Failures of the store and of this program end the transaction, so a script must not catch them: the first is kept in `failure`, every later call and tick is refused,
 * and `run` throws it when the script has ended.
 *
 * Invariants: one thread at a time is in here (Scripts sees to it); between runs the Lua stack is empty; after sandbox.lua, nothing here reads or writes Lua globals.
 */
final class LuaMachine implements AutoCloseable {
  private static final long RANDOM_MULTIPLIER = 0x5DEECE66DL;
  private static final long RANDOM_MASK = (1L << 48) - 1;
  /** What a function returns that raises the error it has left on the top. */
  private static final int RAISED = -1;
  /** Memory a state may have when it is looked at; beyond, the script that runs is ended. */
  private static final int MAX_KILOBYTES = 512 << 10;
  private static final int GC_COUNT = 3;
  private static final Pattern INTEGER = Pattern.compile("-?\\d+");

  /** What a machine needs of the server while a script runs. */
  interface Host {
    /** Executes a command and returns its encoded reply. @throws RedisError it is not one for a script */
    byte[] call(byte[][] args);

    /** Whether this command may be run; null = there is none such. */
    @Nullable Boolean allowed(byte[][] args);

    /** From now on the script gets replies of this version. */
    void protocol(int version);

    /** Why the script must end, or null. */
    @Nullable String tick();

    void log(int level, String text);
  }

  /** A function that a library registers. @param callback its number in this machine */
  record Registered(String name, @Nullable String description, List<String> flags, int callback) {}

  private final Host host;
  private final Lua lua;
  private final LuaNatives natives;
  private final LuaStack stack;
  private final int runScript;
  private final int runCallback;
  private final int runLibrary;
  private long random;
  private @Nullable RuntimeException failure;

  LuaMachine(Host host, long seed) {
    this.host = host;
    lua = LuaLibrary.open();
    natives = lua.getLuaNatives();
    stack = new LuaStack(natives, lua.getPointer());
    random = seed & RANDOM_MASK;
    lua.openLibraries();
    int functions = functions();
    int json = module("json.lua", functions);
    int msgpack = module("msgpack.lua", functions);
    int struct = module("struct.lua", functions);
    int entry = module("sandbox.lua", functions, json, msgpack, struct);
    runScript = field(entry, "script");
    runCallback = field(entry, "call");
    runLibrary = field(entry, "library");
  }

  /** Runs a file of this package with these values, and returns the number of what it returns. */
  private int module(String file, int... arguments) {
    byte[] code;
    try (var in = LuaMachine.class.getResourceAsStream(file)) {
      if (in == null) throw new IllegalStateException(file + " is missing from the jar");
      code = in.readAllBytes();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    if (!stack.load(code, 0, "=" + file)) throw new IllegalStateException(stack.text(-1));
    for (int argument : arguments) lua.refGet(argument);
    if (natives.lua_pcall(stack.state(), arguments.length, 1, 0) != 0) throw new IllegalStateException(stack.text(-1));
    return lua.ref();
  }

  private int field(int table, String name) {
    lua.refGet(table);
    stack.rawField(name);
    int field = lua.ref();
    stack.size(0);
    return field;
  }

  // ---- functions for Lua

  private int functions() {
    stack.table(0, 16);
    function("call", at -> call(at, RAISED));
    function("pcall", at -> call(at, 1));
    function("tick", this::tick);
    function("allowed", this::allowed);
    function("sha1", at -> {
      at.pushString(sha1(string(at, 1)));
      return 1;
    });
    function("setresp", at -> {
      host.protocol((int) at.number(1));
      return 0;
    });
    function("log", at -> {
      host.log((int) at.number(1), at.text(2));
      return 0;
    });
    function("random", at -> {
      at.pushNumber((double) (nextRandom() % Integer.MAX_VALUE) / Integer.MAX_VALUE);
      return 1;
    });
    function("randomseed", at -> {
      random = ((long) at.number(1) << 16) + 0x330E & RANDOM_MASK;
      return 0;
    });
    function("packReal", at -> {
      ByteBuffer packed = ByteBuffer.allocate((int) at.number(2));
      if (packed.capacity() == Float.BYTES) packed.putFloat((float) at.number(1));
      else packed.putDouble(at.number(1));
      at.pushString(packed.array());
      return 1;
    });
    function("unpackReal", at -> {
      ByteBuffer packed = ByteBuffer.wrap(at.bytes(1));
      at.pushNumber(packed.capacity() == Float.BYTES ? packed.getFloat() : packed.getDouble());
      return 1;
    });
    natives.lua_pushlightuserdata(stack.state(), 0);
    stack.field(-2, "null");
    stack.pushString(ServerCommands.REDIS_VERSION);
    stack.field(-2, "version");
    stack.pushNumber(0x0007000f);
    stack.field(-2, "versionNumber");
    bits();
    stack.field(-2, "bit");
    return lua.ref();
  }

  private void bits() {
    stack.table(0, 16);
    bit("tobit", (a, none) -> a);
    bit("bnot", (a, none) -> ~a);
    bit("bswap", (a, none) -> Integer.reverseBytes(a));
    bit("lshift", (a, n) -> a << n);
    bit("rshift", (a, n) -> a >>> n);
    bit("arshift", (a, n) -> a >> n);
    bit("rol", Integer::rotateLeft);
    bit("ror", Integer::rotateRight);
    bit("band", (a, b) -> a & b);
    bit("bor", (a, b) -> a | b);
    bit("bxor", (a, b) -> a ^ b);
    function("tohex", at -> {
      if (!isNumber(at, 1)) return problem(at, "bad argument #1 to 'tohex' (number expected)");
      int digits = isNumber(at, 2) ? toBits(at.number(2)) : 8;
      String hex = HexFormat.of().toHexDigits(toBits(at.number(1)));
      hex = hex.substring(8 - Math.min(8, Math.abs(digits)));
      at.pushString(digits < 0 ? hex.toUpperCase(java.util.Locale.ROOT) : hex);
      return 1;
    });
  }

  /** An operation of the bit library: on one number, on a number and a count, or on any number of numbers. */
  private void bit(String name, IntBinaryOperator operation) {
    boolean single = name.equals("tobit") || name.equals("bnot") || name.equals("bswap");
    boolean many = name.equals("band") || name.equals("bor") || name.equals("bxor");
    function(name, at -> {
      int count = single ? 1 : many ? Math.max(1, at.size()) : 2;
      for (int i = 1; i <= count; i++) if (!isNumber(at, i)) return problem(at, "bad argument #" + i + " to '" + name + "' (number expected)");
      int result = toBits(at.number(1));
      if (single) result = operation.applyAsInt(result, 0);
      for (int i = 2; i <= count; i++) result = operation.applyAsInt(result, toBits(at.number(i)));
      at.pushNumber(result);
      return 1;
    });
  }

  private static boolean isNumber(LuaStack at, int i) {
    return at.type(i) == LuaStack.NUMBER || at.type(i) == LuaStack.STRING && INTEGER.matcher(at.text(i)).matches();
  }

  /** As the bit library reads a number: rounded to even, the lower 32 bits. */
  private static int toBits(double value) {
    if (Math.abs(value) < 0x1p53) return (int) (long) Math.rint(value);
    return Double.isFinite(value) ? new java.math.BigDecimal(value).toBigInteger().intValue() : 0;
  }

  /** What a script is told that calls a function wrongly; the library turns a value that is no number into an error. */
  private static int problem(LuaStack at, String text) {
    at.pushNil();
    at.pushString(text);
    return 2;
  }

  /** Adds to the table on the top. */
  private void function(String name, ToIntFunction<LuaStack> body) {
    JFunction guarded = caller -> {
      var at = caller == lua ? stack : new LuaStack(natives, caller.getPointer());
      try {
        return body.applyAsInt(at);
      } catch (RuntimeException | Error e) {
        if (failure == null) failure = e instanceof RuntimeException thrown ? thrown : new NoKVException("internal error: " + e, e);
        at.size(0);
        LuaReplies.pushError(at, "ERR the server failed");
        return RAISED;
      }
    };
    lua.push(guarded);
    stack.field(-2, name);
  }

  private static byte[] string(LuaStack at, int i) {
    return at.type(i) == LuaStack.NUMBER ? Numbers.text(at.number(i)).getBytes(StandardCharsets.ISO_8859_1) : at.type(i) == LuaStack.STRING ? at.bytes(i) : new byte[0];
  }

  static String sha1(byte[] text) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private int nextRandom() {
    random = random * RANDOM_MULTIPLIER + 0xB & RANDOM_MASK;
    return (int) (random >>> 17);
  }

  /** The arguments of a command, null where one is neither a string nor a number. */
  private static byte @Nullable [][] arguments(LuaStack at) {
    var arguments = new byte[at.size()][];
    for (int i = 0; i < arguments.length; i++) {
      int type = at.type(i + 1);
      if (type != LuaStack.NUMBER && type != LuaStack.STRING) return null;
      arguments[i] = string(at, i + 1);
    }
    return arguments;
  }

  /** {@code (command …) → reply}. @param ofError what is returned with an error on the stack */
  private int call(LuaStack at, int ofError) {
    byte[][] arguments = arguments(at);
    int given = at.size();
    at.size(0);
    try {
      if (failure != null) throw new RedisError("ERR the server failed");
      if (given == 0) throw new RedisError("ERR Please specify at least one argument for this redis lib call");
      if (arguments == null) throw new RedisError("ERR Lua redis lib command arguments must be strings or integers");
      byte[] reply = host.call(arguments);
      LuaReplies.push(at, reply);
      return reply[0] == '-' ? ofError : 1;
    } catch (RedisError e) {
      LuaReplies.pushError(at, e.text());
      return ofError;
    }
  }

  /** {@code (command …) → known, allowed}. */
  private int allowed(LuaStack at) {
    byte[][] arguments = arguments(at);
    at.size(0);
    Boolean allowed = arguments == null ? null : host.allowed(arguments);
    at.pushTruth(allowed != null);
    at.pushTruth(allowed != null && allowed);
    return 2;
  }

  /** {@code () → reason or nil}. */
  private int tick(LuaStack at) {
    String reason = failure != null ? "the server failed" : kilobytes() > MAX_KILOBYTES ? "the script uses more than " + MAX_KILOBYTES / 1024 + " MiB" : host.tick();
    if (reason == null) at.pushNil();
    else at.pushString(reason);
    return 1;
  }

  private int kilobytes() {
    return natives instanceof Lua51Natives lua51 ? lua51.lua_gc(stack.state(), GC_COUNT, 0) : 0;
  }

  // ---- what the server calls

  /** Compiles a script and returns its number. @throws RedisError it is not Lua */
  int compile(byte[] code, int from) {
    if (!stack.load(code, from, "@user_script")) {
      String problem = stack.text(-1);
      stack.size(0);
      throw new RedisError("ERR Error compiling script (new function): " + problem);
    }
    return lua.ref();
  }

  void forget(int number) {
    lua.unref(number);
  }

  /**
   * Runs a script or a callback and writes what it returns.
   *
   * @param number what {@link #compile} or {@link Registered#callback} gave
   * @param scriptResp3 asked when the script has ended
   */
  void run(int number, boolean callback, String name, byte[][] args, int firstKey, int firstArgument, ReplyWriter reply, java.util.function.BooleanSupplier scriptResp3) {
    failure = null;
    try {
      lua.refGet(callback ? runCallback : runScript);
      lua.refGet(number);
      array(args, firstKey, firstArgument);
      array(args, firstArgument, args.length);
      int code = natives.lua_pcall(stack.state(), 3, 2, 0);
      if (failure != null) throw failure;
      if (code != 0) throw new RedisError("ERR Error running script " + name + ", " + problem());
      if (!stack.truth(1)) throw located(name);
      RedisError error = LuaReplies.error(stack);
      if (error != null) throw error;
      LuaReplies.write(stack, reply, scriptResp3.getAsBoolean());
    } finally {
      stack.size(0);
    }
  }

  private void array(byte[][] args, int from, int to) {
    stack.table(to - from, 0);
    for (int i = from; i < to; i++) {
      stack.pushString(args[i]);
      stack.item(-2, i - from + 1);
    }
  }

  private String problem() {
    return stack.type(-1) == LuaStack.STRING ? stack.text(-1) : "execution failure";
  }

  /** The error on the top with the place it comes from. */
  private RedisError located(String name) {
    if (stack.type(-1) != LuaStack.TABLE) return new RedisError("ERR Error running script " + name + ", " + problem());
    String error = text("err");
    String source = text("source");
    String line = text("line");
    String located = (error == null ? "(null)" : error) + (source == null || line == null ? "" : " script: " + name + ", on " + source + ":" + line + ".");
    return LuaReplies.isCounted(stack) ? RedisError.counted(located) : new RedisError(located);
  }

  /** A field of the table on the top, null where it has none that is text or a number. */
  private @Nullable String text(String field) {
    stack.rawField(field);
    String text = stack.type(-1) == LuaStack.STRING ? stack.text(-1) : stack.type(-1) == LuaStack.NUMBER ? Numbers.text(stack.number(-1)) : null;
    stack.pop();
    return text;
  }

  /** Runs a library's code and returns what it registers. @throws RedisError it does not compile or run */
  List<Registered> library(byte[] code, int from) {
    failure = null;
    try {
      lua.refGet(runLibrary);
      if (!stack.load(code, from, "@user_function")) throw new RedisError("ERR Error compiling function: " + stack.text(-1));
      int status = natives.lua_pcall(stack.state(), 1, 2, 0);
      if (failure != null) throw failure;
      if (status != 0 || !stack.truth(1)) throw new RedisError("ERR Error registering functions: " + problem());
      var registered = new ArrayList<Registered>();
      while (true) {
        stack.rawItem(registered.size() + 1);
        if (stack.type(-1) != LuaStack.TABLE) return registered;
        registered.add(registered());
        stack.pop();
      }
    } finally {
      stack.size(0);
    }
  }

  private Registered registered() {
    String name = java.util.Objects.requireNonNull(text("name"));
    String description = text("description");
    var flags = new ArrayList<String>();
    stack.rawField("flags");
    while (true) {
      stack.rawItem(flags.size() + 1);
      boolean end = stack.type(-1) != LuaStack.STRING;
      if (!end) flags.add(stack.text(-1));
      stack.pop();
      if (end) break;
    }
    stack.pop();
    stack.rawField("callback");
    return new Registered(name, description, flags, lua.ref());
  }

  @Override public void close() {
    lua.close();
  }
}
