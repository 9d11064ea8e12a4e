package nokv.api;

/** The order of a scan: by unsigned bytes of the key, upward or downward. */
public enum Direction { FORWARD, REVERSE }
