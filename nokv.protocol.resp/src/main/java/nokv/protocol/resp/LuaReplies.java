package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Replies of commands as Lua values, and Lua values as replies, as Redis's page "Lua API reference" tells. */
final class LuaReplies {
  private static final RedisError TOO_DEEP = new RedisError("ERR reached lua stack limit");
  /** Nested deeper, the Java stack would end before Lua's. */
  private static final int MAX_DEPTH = 300;

  private LuaReplies() {}

  // ---- to Lua

  /** Pushes an encoded reply. */
  static void push(LuaStack stack, byte[] reply) {
    new Reader(stack, reply).value();
  }

  /** Marks an error that was counted where it arose. */
  private static final String COUNTED = "ignore_error_stats_update";

  /** Pushes what redis.pcall returns for an error of a command. @param text the code first, no dash */
  static void pushError(LuaStack stack, String text) {
    stack.table(0, 2);
    stack.pushTruth(true);
    stack.field(-2, COUNTED);
    stack.pushString(text.getBytes(StandardCharsets.UTF_8));
    stack.field(-2, "err");
  }

  private static final class Reader {
    private final LuaStack stack;
    private final byte[] reply;
    private int at;

    Reader(LuaStack stack, byte[] reply) {
      this.stack = stack;
      this.reply = reply;
    }

    /** The text to the end of the line, and on to the next. */
    private int line() {
      int from = at;
      while (reply[at] != '\r') at++;
      at += 2;
      return from;
    }

    private String text() {
      int from = line();
      return new String(reply, from, at - 2 - from, StandardCharsets.ISO_8859_1);
    }

    private int length() {
      return Integer.parseInt(text());
    }

    void value() {
      if (!stack.hasRoom()) throw TOO_DEEP;
      byte type = reply[at++];
      switch (type) {
        case ':' -> stack.pushNumber((double) Long.parseLong(text()));
        case '+' -> single("ok");
        case '-' -> pushError(stack, text());
        case '(' -> single("big_number");
        case '$' -> bulk();
        case '*', '>' -> array();
        case '%' -> map();
        case '~' -> set();
        case '_' -> {
          line();
          stack.pushNil();
        }
        case '#' -> stack.pushTruth(text().equals("t"));
        case ',' -> {
          stack.table(0, 1);
          stack.pushNumber(real(text()));
          stack.field(-2, "double");
        }
        case '=' -> verbatim();
        case '|' -> {
          for (int parts = 2 * length(); parts > 0; parts--) {
            value();
            stack.pop();
          }
          value();
        }
        default -> throw new IllegalStateException("a reply begins with " + (char) type);
      }
    }

    private static double real(String text) {
      return switch (text) {
        case "inf" -> Double.POSITIVE_INFINITY;
        case "-inf" -> Double.NEGATIVE_INFINITY;
        default -> Double.parseDouble(text);
      };
    }

    private void single(String field) {
      int from = line();
      stack.table(0, 1);
      stack.pushString(reply, from, at - 2 - from);
      stack.field(-2, field);
    }

    private void bulk() {
      int length = length();
      if (length < 0) {
        stack.pushTruth(false);
        return;
      }
      stack.pushString(reply, at, length);
      at += length + 2;
    }

    private void array() {
      int length = length();
      if (length < 0) {
        stack.pushTruth(false);
        return;
      }
      stack.table(length, 0);
      for (int i = 1; i <= length; i++) {
        value();
        stack.item(-2, i);
      }
    }

    private void map() {
      int length = length();
      stack.table(0, 1);
      stack.table(0, length);
      for (int i = 0; i < length; i++) {
        value();
        value();
        stack.natives().lua_rawset(stack.state(), -3);
      }
      stack.field(-2, "map");
    }

    private void set() {
      int length = length();
      stack.table(0, 1);
      stack.table(0, length);
      for (int i = 0; i < length; i++) {
        value();
        stack.pushTruth(true);
        stack.natives().lua_rawset(stack.state(), -3);
      }
      stack.field(-2, "set");
    }

    private void verbatim() {
      int length = length();
      stack.table(0, 1);
      stack.table(0, 2);
      stack.pushString(reply, at, 3);
      stack.field(-2, "format");
      stack.pushString(reply, at + 4, length - 4);
      stack.field(-2, "string");
      stack.field(-2, "verbatim_string");
      at += length + 2;
    }
  }

  // ---- from Lua

  /**
   * Writes the value on the top of the stack, and pops it.
   *
   * @param resp3 whether the script has chosen it: then false is a truth value, otherwise nil
   */
  static void write(LuaStack stack, ReplyWriter reply, boolean resp3) {
    write(stack, reply, resp3, 0);
  }

  /** The error that the table on the top stands for; null = it is none. */
  static @Nullable RedisError error(LuaStack stack) {
    if (stack.type(-1) != LuaStack.TABLE || !has(stack, "err", LuaStack.STRING)) return null;
    String text = oneLine(stack);
    stack.pop();
    return isCounted(stack) ? RedisError.counted(text) : new RedisError(text);
  }

  /** Whether the table on the top is an error that was counted. */
  static boolean isCounted(LuaStack stack) {
    if (!has(stack, COUNTED, LuaStack.BOOLEAN)) return false;
    stack.pop();
    return true;
  }

  private static void write(LuaStack stack, ReplyWriter reply, boolean resp3, int depth) {
    if (depth > MAX_DEPTH || !stack.hasRoom()) {
      reply.error(TOO_DEEP.text());
      stack.pop();
      return;
    }
    switch (stack.type(-1)) {
      case LuaStack.STRING -> reply.bulk(stack.bytes(-1));
      case LuaStack.NUMBER -> reply.integer((long) stack.number(-1));
      case LuaStack.BOOLEAN -> {
        if (resp3) reply.truth(stack.truth(-1));
        else if (stack.truth(-1)) reply.integer(1);
        else reply.nil();
      }
      case LuaStack.TABLE -> table(stack, reply, resp3, depth + 1);
      default -> reply.nil();
    }
    stack.pop();
  }

  private static void table(LuaStack stack, ReplyWriter reply, boolean resp3, int depth) {
    if (has(stack, "err", LuaStack.STRING)) {
      reply.error(oneLine(stack));
    } else if (has(stack, "ok", LuaStack.STRING)) {
      reply.simple(oneLine(stack));
    } else if (has(stack, "double", LuaStack.NUMBER)) {
      reply.real(stack.number(-1));
    } else if (has(stack, "big_number", LuaStack.STRING)) {
      reply.bigNumber(oneLine(stack));
    } else if (has(stack, "verbatim_string", LuaStack.TABLE)) {
      if (verbatim(stack, reply)) return;
      stack.pop();
      items(stack, reply, resp3, depth);
      return;
    } else if (has(stack, "map", LuaStack.TABLE)) {
      pairs(stack, reply, resp3, depth, true);
    } else if (has(stack, "set", LuaStack.TABLE)) {
      pairs(stack, reply, resp3, depth, false);
    } else {
      items(stack, reply, resp3, depth);
      return;
    }
    stack.pop();
  }

  /** Pushes the field where it is of this type. */
  private static boolean has(LuaStack stack, String field, int type) {
    stack.rawField(field);
    if (stack.type(-1) == type) return true;
    stack.pop();
    return false;
  }

  private static String oneLine(LuaStack stack) {
    return stack.text(-1).replace('\r', ' ').replace('\n', ' ');
  }

  private static boolean verbatim(LuaStack stack, ReplyWriter reply) {
    if (!has(stack, "format", LuaStack.STRING)) return false;
    String format = stack.text(-1);
    stack.pop();
    if (!has(stack, "string", LuaStack.STRING)) return false;
    reply.verbatim(format, stack.bytes(-1));
    stack.pop();
    stack.pop();
    return true;
  }

  /** The entries of the table on the top: keys and values, or keys alone. */
  private static void pairs(LuaStack stack, ReplyWriter reply, boolean resp3, int depth, boolean values) {
    int count = 0;
    stack.pushNil();
    while (stack.natives().lua_next(stack.state(), -2) != 0) {
      count++;
      stack.pop();
    }
    if (values) reply.map(count);
    else reply.set(count);
    stack.pushNil();
    while (stack.natives().lua_next(stack.state(), -2) != 0) {
      stack.natives().lua_pushvalue(stack.state(), -2);
      write(stack, reply, resp3, depth);
      if (values) write(stack, reply, resp3, depth);
      else stack.pop();
    }
  }

  /** The items from 1 on until there is none. */
  private static void items(LuaStack stack, ReplyWriter reply, boolean resp3, int depth) {
    int count = 0;
    while (true) {
      stack.rawItem(count + 1);
      boolean end = stack.type(-1) == LuaStack.NIL;
      stack.pop();
      if (end) break;
      count++;
    }
    reply.array(count);
    for (int i = 1; i <= count; i++) {
      stack.rawItem(i);
      write(stack, reply, resp3, depth);
    }
  }
}
