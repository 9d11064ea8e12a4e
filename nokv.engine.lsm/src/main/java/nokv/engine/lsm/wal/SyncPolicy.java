package nokv.engine.lsm.wal;

/** When a write is made durable. Whichever it is, what survives a crash is a prefix of what was acknowledged. */
public enum SyncPolicy {
  /** Before it is acknowledged. */
  ALWAYS,
  /** At most some interval after it. */
  INTERVAL,
  /** When the system does, and when a log segment is full. */
  NONE
}
