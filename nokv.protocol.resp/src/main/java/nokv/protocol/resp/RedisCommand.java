package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One row of the {@link CommandTable}.
 *
 * @param name lower case; a subcommand's is {@code container|name}
 * @param arity number of arguments, the name included; negative: at least so many
 * @param keySpecs where its keys are
 * @param group as COMMAND DOCS names it
 * @param categories by which ACL rules name it, without @
 * @param since the Redis version that has it first
 * @param access what it does with the store, by its arguments
 * @param differs how it differs from Redis 7; empty = it does not
 * @param subcommands empty unless this is a container such as CLIENT
 */
record RedisCommand(String name, int arity, Set<Flag> flags, List<KeySpec> keySpecs, String group, Set<String> categories, String since, String summary,
    Function<byte[][], Access> access, Handler handler, String differs, List<RedisCommand> subcommands) {

  /** Executes one call. Throws {@link RedisError} for an error reply, {@link nokv.api.NoKVException} where the store cannot. */
  @FunctionalInterface
  interface Handler {
    void run(Call call);
  }

  /** A key among the arguments of a call, and what it is used for: see {@link KeySpec}. */
  record KeyUse(int position, List<String> flags) {}

  private static final List<String> READ_AND_WRITE = List.of("RW", "access", "update");

  /** A command is itself, and a key of tables that are asked for every call. */
  @Override public boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override public int hashCode() {
    return name.hashCode();
  }

  RedisCommand differs(String how) {
    return new RedisCommand(name, arity, flags, keySpecs, group, categories, since, summary, access, handler, how, subcommands);
  }

  boolean has(Flag flag) {
    return flags.contains(flag);
  }

  boolean accepts(int arguments) {
    return arity >= 0 ? arguments == arity : arguments >= -arity;
  }

  /** The name of the container of this subcommand; of any other command, its own. */
  String container() {
    int bar = name.indexOf('|');
    return bar < 0 ? name : name.substring(0, bar);
  }

  /** Positions of the keys among these arguments. Arguments that make no sense have none. */
  int[] keys(byte[][] args) {
    var positions = IntStream.builder();
    for (KeySpec spec : keySpecs) if (spec.isOfKeys() && !spec.positions(args, positions)) return new int[0];
    return positions.build().toArray();
  }

  List<KeyUse> keyUses(byte[][] args) {
    var uses = new ArrayList<KeyUse>();
    for (KeySpec spec : keySpecs) {
      if (!spec.isOfKeys()) continue;
      List<String> flags = spec.flags().contains("variable_flags") ? variable(args) : spec.flags();
      if (!spec.positions(args, position -> uses.add(new KeyUse(position, flags)))) return List.of();
    }
    return uses;
  }

  /** SET reads with GET only; BITFIELD does not write if all it is to do is GET. */
  private List<String> variable(byte[][] args) {
    if (name.equals("set")) {
      for (int i = 3; i < args.length; i++) if (Call.equalsIgnoreCase(args[i], "GET")) return READ_AND_WRITE;
      return List.of("OW", "update");
    }
    for (int i = 2; i < args.length; i += 3) if (!Call.equalsIgnoreCase(args[i], "GET")) return READ_AND_WRITE;
    return List.of("RO", "access");
  }

  // As COMMAND showed where keys are before there were specifications

  private boolean isOneRange() {
    return keySpecs.size() == 1 && keySpecs.getFirst().isRange();
  }

  /** Position of the first key of those that are one after the other, 0 = none. */
  int firstKey() {
    if (isOneRange()) return keySpecs.getFirst().index();
    return keySpecs.stream().filter(KeySpec::isRange).mapToInt(KeySpec::index).min().orElse(0);
  }

  /** Negative: counted from the end. */
  int lastKey() {
    if (isOneRange()) return keySpecs.getFirst().last();
    return keySpecs.stream().filter(KeySpec::isRange).map(KeySpec::last).max(Integer::compareUnsigned).orElse(0);
  }

  int keyStep() {
    return isOneRange() ? keySpecs.getFirst().step() : firstKey() == 0 ? 0 : 1;
  }
}
