package nokv.protocol.resp;

import java.util.List;
import java.util.function.Function;

/**
 * One row of the {@link CommandTable}.
 *
 * @param name lower case; a subcommand's is {@code container|name}
 * @param arity number of arguments, the name included; negative: at least so many
 * @param flags as COMMAND shows them, blank-separated
 * @param firstKey position of the first key, 0 = none; {@code lastKey} negative counts from the end; {@code keyStep} the distance from key to key
 * @param group as COMMAND DOCS names it
 * @param since the Redis version that has it first
 * @param access what it does with the store, by its arguments
 * @param differs how it differs from Redis 7; empty = it does not
 * @param subcommands empty unless this is a container such as CLIENT
 */
record RedisCommand(String name, int arity, String flags, int firstKey, int lastKey, int keyStep, String group, String since, String summary,
    Function<byte[][], Access> access, Handler handler, String differs, List<RedisCommand> subcommands) {

  /** Executes one call. Throws {@link RedisError} for an error reply, {@link nokv.api.NoKVException} where the store cannot. */
  @FunctionalInterface
  interface Handler {
    void run(Call call);
  }

  RedisCommand differs(String how) {
    return new RedisCommand(name, arity, flags, firstKey, lastKey, keyStep, group, since, summary, access, handler, how, subcommands);
  }

  RedisCommand with(RedisCommand... children) {
    return new RedisCommand(name, arity, flags, firstKey, lastKey, keyStep, group, since, summary, access, handler, differs, List.of(children));
  }

  boolean accepts(int arguments) {
    return arity >= 0 ? arguments == arity : arguments >= -arity;
  }

  /** Positions of the keys among these arguments. */
  int[] keys(byte[][] args) {
    if (flags.contains("movablekeys")) return MovableKeys.of(name, args);
    if (firstKey == 0) return new int[0];
    int last = lastKey >= 0 ? lastKey : args.length + lastKey;
    int n = last < firstKey ? 0 : (last - firstKey) / keyStep + 1;
    var positions = new int[n];
    for (int i = 0; i < n; i++) positions[i] = firstKey + i * keyStep;
    return positions;
  }
}
