package nokv.spi;

/** What a version of a key is. The code is stored: never change one. */
public enum Kind {
  PUT(1),
  DELETE(2),
  /** A transaction locked the key without changing it; readers pass over it. */
  LOCK_ONLY(3),
  /** The transaction with this start timestamp was rolled back; readers pass over it. */
  ROLLBACK(4),
  /** Deletes every older version of every key from the entry's key to the key in its value; an empty value = to the end of the family. */
  DELETE_RANGE(5);

  private static final Kind[] BY_CODE = {null, PUT, DELETE, LOCK_ONLY, ROLLBACK, DELETE_RANGE};
  private final int code;

  Kind(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /** @throws IllegalArgumentException if no kind has that code */
  public static Kind of(int code) {
    if (code < 1 || code >= BY_CODE.length) throw new IllegalArgumentException("no kind of version has code " + code);
    return BY_CODE[code];
  }
}
