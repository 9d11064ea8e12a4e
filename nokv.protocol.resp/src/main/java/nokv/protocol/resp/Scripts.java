package nokv.protocol.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Running scripts and functions: the cache of scripts, what is running now, and how it is ended. A script runs inside the transaction of its command, so all it does is one atomic write;
 * an error it ends with leaves what it wrote before, as in Redis. While one has run longer than {@code busy-reply-threshold}, other commands are told BUSY.
 *
 * <p>Runs are one at a time, under this object's lock: scripts go through the lane, which runs them alone, so nobody waits for it. What is running may be asked and killed from any
 * thread without it.
 */
final class Scripts implements LuaMachine.Host {
  /** Text of scripts kept; beyond, those longest unused are forgotten, and EVALSHA of them says NOSCRIPT. */
  private static final long CACHE_BYTES = 32 << 20;
  /** A library only registers its functions while it is loaded. */
  private static final long LOAD_MILLIS = 500;
  private static final int BUFFER_KEPT_BYTES = 1 << 20;

  static final RedisError BUSY_SCRIPT = new RedisError("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.");
  static final RedisError BUSY_FUNCTION = new RedisError("BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.");

  /** A script in the cache. @param number in the machine @param flags null = it has no first line that says any */
  private record Cached(int number, @Nullable Set<String> flags, int bytes) {}

  /** What is running. Its plain fields belong to the running thread. */
  private static final class Run {
    final Call call;
    final @Nullable Request request;
    final String name;
    final boolean function;
    final boolean readOnly;
    final long startMillis;
    int db;
    boolean resp3;
    boolean hasRead;
    /** Memory was short when it began, and it does not say what it may do then. */
    boolean refusesData;
    volatile boolean wrote;
    volatile boolean busy;
    volatile @Nullable String end;

    Run(Call call, @Nullable Request request, String name, boolean function, boolean readOnly, long startMillis) {
      this.call = call;
      this.request = request;
      this.name = name;
      this.function = function;
      this.readOnly = readOnly;
      this.startMillis = startMillis;
      this.db = call.keys.database();
    }
  }

  private final RespFrontend server;
  private final Map<String, Cached> cache = java.util.Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true));
  private long cacheBytes;
  private @Nullable LuaMachine machine;
  private volatile @Nullable FunctionLibraries libraries;
  private ByteBuf replies = Unpooled.buffer(256);
  private volatile @Nullable Run running;
  private volatile boolean stopping;
  /** Scripts may call what is not meant for them; DEBUG sets it. */
  private volatile boolean allowAll;

  Scripts(RespFrontend server) {
    this.server = server;
  }

  // ---- scripts

  private LuaMachine machine() {
    LuaMachine current = machine;
    if (current == null) {
      current = new LuaMachine(this, server.random());
      machine = current;
    }
    return current;
  }

  /** The libraries as of the call's transaction. */
  synchronized FunctionLibraries libraries(Call call) {
    FunctionLibraries current = libraries;
    if (current == null) {
      current = new FunctionLibraries(this, new LuaMachine(this, server.random()));
      libraries = current;
    }
    current.follow(call);
    return current;
  }

  /** Compiles a script unless it is known, and returns its hash. */
  synchronized String load(byte[] code) {
    String sha = LuaMachine.sha1(code);
    if (cache.get(sha) != null) return sha;
    Shebang.OfScript header = Shebang.ofScript(code);
    int number = machine().compile(code, header.from());
    cache.put(sha, new Cached(number, header.flags(), code.length));
    cacheBytes += code.length;
    synchronized (cache) {
      for (Iterator<Cached> oldest = cache.values().iterator(); cacheBytes > CACHE_BYTES && cache.size() > 1; ) {
        Cached forgotten = oldest.next();
        oldest.remove();
        cacheBytes -= forgotten.bytes;
        machine().forget(forgotten.number);
      }
    }
    return sha;
  }

  int cached() {
    return cache.size();
  }

  boolean knows(String sha) {
    return cache.containsKey(sha);
  }

  /** Unless the script is known and says that it does not. From any thread. */
  boolean scriptMayWrite(String sha) {
    Cached script = cache.get(sha);
    return script == null || script.flags == null || !script.flags.contains(Shebang.NO_WRITES);
  }

  /** Unless the function is loaded and says that it does not. From any thread. */
  boolean functionMayWrite(String name) {
    FunctionLibraries loaded = libraries;
    FunctionLibraries.Function function = loaded == null ? null : loaded.function(name);
    return function == null || !function.flags().contains(Shebang.NO_WRITES);
  }

  /** Forgets all scripts and every trace they left in Lua. */
  synchronized void flush() {
    cache.clear();
    cacheBytes = 0;
    if (machine != null) machine.close();
    machine = null;
  }

  void allowAll(boolean allow) {
    allowAll = allow;
  }

  /** Forgets the compiled libraries, so that they are made anew from the store. */
  synchronized void reload(Call call) {
    if (libraries != null) libraries.machine().close();
    libraries = null;
    libraries(call);
  }

  /** Runs a cached script. @throws RedisError it is not there, or ended with an error */
  synchronized void run(Call call, String sha, int firstArgument, boolean readOnlyCommand) {
    Cached script = cache.get(sha);
    if (script == null) throw new RedisError("NOSCRIPT No matching script. Please use EVAL.");
    boolean readOnly = readOnly(script.flags, readOnlyCommand);
    boolean refusesData = script.flags == null && server.isShortOfMemory();
    execute(call, machine(), script.number, sha, false, readOnly, refusesData, firstArgument);
  }

  /** Runs a function of a library. */
  synchronized void run(Call call, FunctionLibraries.Function function, LuaMachine owner, int firstArgument, boolean readOnlyCommand) {
    boolean readOnly = readOnly(function.flags(), readOnlyCommand);
    execute(call, owner, function.callback(), function.name(), true, readOnly, false, firstArgument);
  }

  /** @throws RedisError it says what it may do, and that is not possible now */
  private boolean readOnly(@Nullable Set<String> flags, boolean readOnlyCommand) {
    boolean noWrites = flags != null && flags.contains(Shebang.NO_WRITES);
    if (flags != null && !noWrites && readOnlyCommand) throw new RedisError("ERR Can not execute a script with write flag using *_ro command.");
    if (flags != null && !noWrites && server.lacksReplicas()) throw RedisError.NO_REPLICAS;
    if (flags != null && !noWrites && !flags.contains(Shebang.ALLOW_OOM) && server.isShortOfMemory()) {
      throw new RedisError("OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'");
    }
    return readOnlyCommand || noWrites;
  }

  private void execute(Call call, LuaMachine on, int number, String name, boolean function, boolean readOnly, boolean refusesData, int firstArgument) {
    Request request = call.request();
    ReplyWriter reply = call.reply();
    var run = new Run(call, request, name, function, readOnly, server.clock().millis());
    run.refusesData = refusesData;
    running = run;
    try {
      on.run(number, function, name, request.args(), 3, firstArgument, reply, () -> {
        reply.protocol(request.resp3());
        return run.resp3;
      });
    } finally {
      running = null;
      call.of(request, reply, null);
    }
  }

  /** Loads a library's code. */
  synchronized java.util.List<LuaMachine.Registered> load(Call call, LuaMachine on, byte[] code, int from) {
    Run outer = running;
    running = new Run(call, null, "", true, true, server.clock().millis());
    try {
      return on.library(code, from);
    } finally {
      running = outer;
    }
  }

  // ---- for Lua

  @Override public byte[] call(byte[][] args) {
    Run run = java.util.Objects.requireNonNull(running);
    RedisCommand command = null;
    try {
      if (run.request == null) throw new RedisError("ERR redis.call/pcall can only be called inside a script invocation");
      command = CommandTable.of(args);
      if (command == null) throw new RedisError("ERR Unknown Redis command called from script");
      check(run, command, args);
    } catch (RedisError e) {
      server.rejected(command, e.text());
      throw e;
    }
    boolean writes = mayWrite(command);
    if (writes) run.wrote = true;
    if (run.request.isTracked() && command.has(Flag.READONLY) && !run.hasRead) server.tracking().read(run.call, run.request);
    run.hasRead |= command.has(Flag.READONLY);
    server.count();
    server.monitored(run.db, "lua", command, args);
    if (command.name().equals("select")) {
      boolean failed = true;
      try {
        run.db = ConnectionCommands.database(Numbers.integer(args[1]));
        failed = false;
      } catch (RedisError e) {
        server.failed(e.text());
        throw e;
      } finally {
        server.commandFigures().ran(command, 0, failed);
      }
      return "+OK\r\n".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    }
    var reply = new ReplyWriter(replies.clear(), server.options().outputLimitBytes());
    server.perform(run.call.of(new Request(command, args, Access.ALONE, run.db, run.resp3, null, null), reply, null));
    var encoded = new byte[replies.readableBytes()];
    replies.readBytes(encoded);
    if (replies.capacity() > BUFFER_KEPT_BYTES) replies = Unpooled.buffer(256);
    return encoded;
  }

  private static boolean mayWrite(RedisCommand command) {
    return command.has(Flag.WRITE) || command.has(Flag.MAY_REPLICATE) && !command.name().equals("pfcount");
  }

  /** @throws RedisError the script may not call this, or not now */
  private void check(Run run, RedisCommand command, byte[][] args) {
    if (!command.accepts(args.length)) throw new RedisError("ERR Wrong number of args calling Redis command from script");
    if (command.has(Flag.NOSCRIPT) && !allowAll) throw new RedisError("ERR This Redis command is not allowed from script");
    Session client = run.call.client();
    AclDenial denial = client == null ? null : server.acl().check(client, command, args, AclLog.Context.LUA);
    if (denial != null) throw denial.refusalInScript();
    if (blocks(command, args)) throw new RedisError("ERR " + command.name() + " command is not allowed with BLOCK option from scripts");
    if (mayWrite(command) && run.readOnly) throw new RedisError("ERR Write commands are not allowed from read-only scripts.");
    if (command.has(Flag.WRITE) && server.lacksReplicas()) throw RedisError.NO_REPLICAS;
    if (run.refusesData && !run.wrote && command.has(Flag.DENYOOM)) throw new RedisError("OOM command not allowed when used memory > 'maxmemory'.");
  }

  private static boolean blocks(RedisCommand command, byte[][] args) {
    if (!command.name().startsWith("xread")) return false;
    for (int i = 1; i < args.length && !Call.equalsIgnoreCase(args[i], "STREAMS"); i++) if (Call.equalsIgnoreCase(args[i], "BLOCK")) return true;
    return false;
  }

  @Override public @Nullable Boolean allowed(byte[][] args) {
    RedisCommand command = CommandTable.of(args);
    if (command == null) return null;
    Run run = running;
    Session client = run == null ? null : run.call.client();
    return client == null || client.user.rights().check(command, args) == null;
  }

  @Override public void protocol(int version) {
    java.util.Objects.requireNonNull(running).resp3 = version == 3;
  }

  @Override public @Nullable String tick() {
    Run run = running;
    if (run == null) return null;
    if (stopping) return "The server is stopping.";
    long millis = server.clock().millis() - run.startMillis;
    if (run.request == null) return millis > LOAD_MILLIS ? "FUNCTION LOAD timeout" : null;
    long threshold = server.settings().busyReplyThresholdMillis();
    if (threshold > 0 && millis >= threshold) run.busy = true;
    return run.end;
  }

  @Override public void log(int level, String text) {
    if (level <= 1) server.log().debug("script: {}", text);
    else if (level == 2) server.log().info("script: {}", text);
    else server.log().warn("script: {}", text);
  }

  // ---- from any thread

  /** What other commands are told while a script runs too long, or null. */
  @Nullable RedisError busy() {
    Run run = running;
    return run == null || !run.busy ? null : run.function ? BUSY_FUNCTION : BUSY_SCRIPT;
  }

  /** Ends what is running. @param function whether by FUNCTION KILL, which ends functions only */
  void kill(boolean function) {
    Run run = running;
    if (run == null || run.request == null) throw new RedisError("NOTBUSY No scripts in execution right now.");
    if (run.wrote) {
      throw new RedisError("UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard"
          + " way using the SHUTDOWN NOSAVE command.");
    }
    if (run.function != function) throw run.function ? BUSY_FUNCTION : BUSY_SCRIPT;
    run.end = function ? "Script killed by user with FUNCTION KILL." : "Script killed by user with SCRIPT KILL.";
  }

  /** FUNCTION STATS. Waits for nothing that runs; otherwise the libraries are counted as the store has them. */
  void stats(Call call) {
    ReplyWriter reply = call.reply();
    Run run = running;
    if (run == null) libraries(call);
    if (run != null && !run.function) throw BUSY_SCRIPT;
    reply.map(2);
    reply.bulk("running_script");
    if (run == null || run.request == null) {
      reply.nil();
    } else {
      reply.map(3);
      reply.bulk("name");
      reply.bulk(run.name);
      reply.bulk("command");
      reply.array(run.request.args().length);
      for (byte[] arg : run.request.args()) reply.bulk(arg);
      reply.bulk("duration_ms");
      reply.integer(server.clock().millis() - run.startMillis);
    }
    FunctionLibraries loaded = libraries;
    reply.bulk("engines");
    reply.map(1);
    reply.bulk("LUA");
    reply.map(2);
    reply.bulk("libraries_count");
    reply.integer(loaded == null ? 0 : loaded.libraryCount());
    reply.bulk("functions_count");
    reply.integer(loaded == null ? 0 : loaded.functionCount());
  }

  /** Ends whatever runs, so that the server can stop. */
  void stop() {
    stopping = true;
  }
}
