package nokv.protocol.resp;

/** Kinds of changes of keys as {@code notify-keyspace-events} names them, one letter each, and how such a change is published. */
final class KeyEvents {
  private static final String LETTERS = "g$lshzxetdKEmn";
  private static final String ALL_OF = "g$lshzxetd";
  static final int GENERIC = bit('g');
  static final int STRING = bit('$');
  static final int LIST = bit('l');
  static final int SET = bit('s');
  static final int HASH = bit('h');
  static final int ZSET = bit('z');
  static final int EXPIRED = bit('x');
  static final int STREAM = bit('t');
  static final int BY_KEY = bit('K');
  static final int BY_EVENT = bit('E');
  static final int NEW = bit('n');
  private static final int ALL = bits(ALL_OF);

  private KeyEvents() {}

  private static int bit(char letter) {
    return 1 << LETTERS.indexOf(letter);
  }

  private static int bits(String letters) {
    int mask = 0;
    for (char letter : letters.toCharArray()) mask |= bit(letter);
    return mask;
  }

  /** @throws IllegalArgumentException a letter means nothing */
  static int mask(String letters) {
    int mask = 0;
    for (char letter : letters.toCharArray()) {
      if (letter == 'A') mask |= ALL;
      else if (LETTERS.indexOf(letter) < 0) throw new IllegalArgumentException("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
      else mask |= bit(letter);
    }
    return mask;
  }

  /** The letters of a mask in Redis's order; A stands for all kinds that are no rarities. */
  static String text(int mask) {
    var text = new StringBuilder();
    boolean all = (mask & ALL) == ALL;
    if (all) text.append('A');
    for (char letter : LETTERS.toCharArray()) if ((mask & bit(letter)) != 0 && !(all && ALL_OF.indexOf(letter) >= 0)) text.append(letter);
    return text.toString();
  }
}
