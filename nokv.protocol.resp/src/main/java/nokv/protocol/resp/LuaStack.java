package nokv.protocol.resp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import party.iroiro.luajava.LuaNatives;

/**
 * The stack of one Lua state or coroutine: the values Lua and this program exchange, with strings as bytes. Indexes as in Lua's own interface: 1 is the lowest, -1 the top.
 */
record LuaStack(LuaNatives natives, long state) {
  static final int NIL = 0;
  static final int BOOLEAN = 1;
  static final int NUMBER = 3;
  static final int STRING = 4;
  static final int TABLE = 5;
  private static final int ROOM = 8;
  private static final byte[] LITERAL = "return \"".getBytes(StandardCharsets.ISO_8859_1);

  /** Whether a few more values fit. */
  boolean hasRoom() {
    return natives.lua_checkstack(state, ROOM) != 0;
  }

  int size() {
    return natives.lua_gettop(state);
  }

  void size(int values) {
    natives.lua_settop(state, values);
  }

  void pop() {
    natives.lua_settop(state, -2);
  }

  int type(int i) {
    return natives.lua_type(state, i);
  }

  boolean truth(int i) {
    return natives.lua_toboolean(state, i) != 0;
  }

  double number(int i) {
    return natives.lua_tonumber(state, i);
  }

  /** Of a string; a number would be changed in its place. */
  byte[] bytes(int i) {
    var view = (ByteBuffer) natives.luaJ_todirectbuffer(state, i);
    if (view == null) return new byte[0];
    var bytes = new byte[view.remaining()];
    view.get(bytes);
    return bytes;
  }

  String text(int i) {
    return new String(bytes(i), StandardCharsets.UTF_8);
  }

  void pushNil() {
    natives.lua_pushnil(state);
  }

  void pushTruth(boolean value) {
    natives.lua_pushboolean(state, value ? 1 : 0);
  }

  void pushNumber(double value) {
    natives.lua_pushnumber(state, value);
  }

  void pushString(String ascii) {
    natives.luaJ_pushstring(state, ascii);
  }

  /** The binding takes strings of text only; any other bytes are given to Lua as a literal to compile. */
  void pushString(byte[] bytes, int from, int length) {
    boolean plain = true;
    for (int i = from; i < from + length && plain; i++) plain = bytes[i] > 0;
    if (plain) {
      natives.luaJ_pushstring(state, new String(bytes, from, length, StandardCharsets.ISO_8859_1));
      return;
    }
    ByteBuffer source = ByteBuffer.allocateDirect(4 * length + LITERAL.length + 1).put(LITERAL);
    for (int i = from; i < from + length; i++) {
      switch (bytes[i]) {
        case 0 -> source.put((byte) '\\').put((byte) '0').put((byte) '0').put((byte) '0');
        case '\r' -> source.put((byte) '\\').put((byte) 'r');
        case '\n', '"', '\\' -> source.put((byte) '\\').put(bytes[i]);
        default -> source.put(bytes[i]);
      }
    }
    source.put((byte) '"').flip();
    if (!load(source, "=bytes") || natives.lua_pcall(state, 0, 1, 0) != 0) throw new nokv.api.NoKVException("Lua has no memory for a string of " + length + " bytes");
  }

  void pushString(byte[] bytes) {
    pushString(bytes, 0, bytes.length);
  }

  void table(int items, int fields) {
    natives.lua_createtable(state, items, fields);
  }

  /** {@code table[key] = top}, without metatables; the top is popped. */
  void field(int table, String key) {
    natives.lua_setfield(state, table, key);
  }

  /** {@code table[i] = top}; the top is popped. */
  void item(int table, int i) {
    natives.lua_rawseti(state, table, i);
  }

  /** Pushes {@code table[key]}, without metatables; the table is on the top. */
  void rawField(String key) {
    pushString(key);
    natives.luaJ_rawget(state, -2);
  }

  /** Pushes {@code top[i]}. */
  void rawItem(int i) {
    natives.luaJ_rawgeti(state, -1, i);
  }

  /** Compiles a chunk and pushes it, or the error. @param code a direct buffer @param name begins with an at sign or an equals sign */
  boolean load(ByteBuffer code, String name) {
    return natives.luaJ_loadbuffer(state, code, code.remaining(), name) == 0;
  }

  boolean load(byte[] code, int from, String name) {
    return load(ByteBuffer.allocateDirect(code.length - from).put(code, from, code.length - from).flip(), name);
  }
}
