package nokv.protocol.resp;

/**
 * Where commands that write are carried out, atomically and each connection's in order. Commands are the same code in both: {@link Lane} where the store is this frontend's alone, {@link Latched}
 * where other gateways write to it too.
 */
sealed interface Execution permits Lane, Latched {
  /** Executes a unit from {@link Unit#next} on and hands it back to its connection, unless it comes to wait. From any thread. */
  void submit(Unit unit);

  /** Tries again those who wait for a key that someone may have made ready. From any thread. */
  void wake(Queued.Watched key);
}
