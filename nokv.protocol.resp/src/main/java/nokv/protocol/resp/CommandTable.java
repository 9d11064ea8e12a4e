package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Every command there is, each once: what COMMAND says, what is checked, what runs, and what {@code docs/redis-commands.md} lists come from here. */
final class CommandTable {
  static final List<RedisCommand> ALL = all();
  private static final List<RedisCommand> WITH_SUBCOMMANDS = ALL.stream().flatMap(command -> Stream.concat(Stream.of(command), command.subcommands().stream())).toList();
  private static final RedisCommand[] SLOTS = slots();

  private CommandTable() {}

  private static List<RedisCommand> all() {
    var all = new ArrayList<RedisCommand>();
    ConnectionRows.addTo(all);
    ServerRows.addTo(all);
    KeyRows.addTo(all);
    StringRows.addTo(all);
    HashRows.addTo(all);
    SetRows.addTo(all);
    ListRows.addTo(all);
    SortedSetRows.addTo(all);
    StreamRows.addTo(all);
    ScriptRows.addTo(all);
    all.sort(Comparator.comparing(RedisCommand::name));
    return List.copyOf(all);
  }

  /** An open-addressed table by name, so that a lookup makes no string. */
  private static RedisCommand[] slots() {
    var slots = new RedisCommand[Integer.highestOneBit(ALL.size()) * 4];
    for (RedisCommand command : ALL) {
      int slot = hash(command.name().getBytes(StandardCharsets.ISO_8859_1)) & slots.length - 1;
      while (slots[slot] != null) slot = slot + 1 & slots.length - 1;
      slots[slot] = command;
    }
    return slots;
  }

  private static int hash(byte[] name) {
    int hash = 0;
    for (byte b : name) hash = hash * 31 + (b | 0x20);
    return hash ^ hash >>> 9;
  }

  /** Every command, each followed by its subcommands. */
  static List<RedisCommand> allWithSubcommands() {
    return WITH_SUBCOMMANDS;
  }

  /** The command of this name in any case, or null; a subcommand is not found here. */
  static @Nullable RedisCommand find(byte[] name) {
    for (int slot = hash(name) & SLOTS.length - 1; SLOTS[slot] != null; slot = slot + 1 & SLOTS.length - 1) {
      if (same(name, 0, SLOTS[slot].name(), 0)) return SLOTS[slot];
    }
    return null;
  }

  /** The command or subcommand that these arguments call, whatever their number; null = there is none. */
  static @Nullable RedisCommand of(byte[][] args) {
    RedisCommand command = find(args[0]);
    return command == null || command.subcommands().isEmpty() || args.length == 1 ? command : child(command, args[1]);
  }

  static @Nullable RedisCommand child(RedisCommand container, byte[] name) {
    for (RedisCommand child : container.subcommands()) if (same(name, 0, child.name(), container.name().length() + 1)) return child;
    return null;
  }

  /** By its full name, {@code client|id} included. */
  static @Nullable RedisCommand named(String name) {
    int bar = name.indexOf('|');
    RedisCommand command = find((bar < 0 ? name : name.substring(0, bar)).getBytes(StandardCharsets.UTF_8));
    return command == null || bar < 0 ? command : child(command, name.substring(bar + 1).toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8));
  }

  private static boolean same(byte[] name, int from, String lowerCase, int lowerFrom) {
    if (name.length - from != lowerCase.length() - lowerFrom) return false;
    for (int i = 0; from + i < name.length; i++) {
      int b = name[from + i];
      if ((b >= 'A' && b <= 'Z' ? b + 32 : b) != lowerCase.charAt(lowerFrom + i)) return false;
    }
    return true;
  }
}
