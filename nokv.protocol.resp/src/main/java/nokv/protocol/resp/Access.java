package nokv.protocol.resp;

/** What a command does with the store; decides where and together with what it runs. In rising order of what it asks for: see {@link Lane}. */
enum Access {
  /** Nothing: PING. */
  NONE,
  /** Changes the connection only: SELECT, MULTI. Done when it arrives, its reply takes its place among the others. */
  SESSION,
  /** Reads the newest state. */
  READ,
  /** Writes without reading: SET. Any run of these is one write batch. */
  BLIND,
  /** Reads and writes the keys it reads: INCR. Runs in a transaction together with its neighbours. */
  UPDATE,
  /** Writes keys by what it reads in others: COPY. The transaction validates reads too. */
  SERIAL,
  /** Like {@link #SERIAL}, in a transaction of its own: EXEC. */
  ALONE,
  /** Writes a whole range, apart from everything else: FLUSHALL. */
  SWEEP
}
