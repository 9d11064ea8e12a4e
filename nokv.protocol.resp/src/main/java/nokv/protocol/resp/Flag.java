package nokv.protocol.resp;

import java.util.Locale;

/** What COMMAND says of how a command may be used; the words are Redis's. */
enum Flag {
  WRITE, READONLY, DENYOOM, ADMIN, PUBSUB, NOSCRIPT, BLOCKING, LOADING, STALE, SKIP_MONITOR, SKIP_SLOWLOG, FAST, NO_AUTH, NO_ASYNC_LOADING, NO_MULTI, NO_MANDATORY_KEYS, ALLOW_BUSY,
  /** Where its keys are does not follow from their first and last position. */
  MOVABLEKEYS,
  /** Has an effect outside of the keyspace that a script which writes nothing may not have. Not shown. */
  MAY_REPLICATE,
  /** Between MULTI and EXEC it is not queued. Not shown. */
  IMMEDIATE,
  /** Does no more work than its arguments are many, so that an event loop may carry it out itself. Not shown. */
  PROMPT;

  boolean isShown() {
    return compareTo(MAY_REPLICATE) < 0;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
