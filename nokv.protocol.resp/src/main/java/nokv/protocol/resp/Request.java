package nokv.protocol.resp;

import org.jspecify.annotations.Nullable;

/**
 * One command as it arrived, with everything of the connection that its execution depends on; so it can be executed again after a conflict.
 *
 * @param command null where the reply is known already
 * @param prepared the encoded reply of what needed no execution: a mistake, a SELECT, a QUEUED
 * @param transaction what an EXEC executes or a WATCH watches
 * @param isTracked the client is told when keys that this reads change
 * @param isMuted its reply is not sent, by CLIENT REPLY
 */
record Request(@Nullable RedisCommand command, byte[][] args, Access access, int db, boolean resp3, byte @Nullable [] prepared, @Nullable Queued transaction, boolean isTracked, boolean isMuted) {
  private static final byte[][] NO_ARGUMENTS = {};
  private static final int PROMPT_ARGUMENTS = 256;

  Request(@Nullable RedisCommand command, byte[][] args, Access access, int db, boolean resp3, byte @Nullable [] prepared, @Nullable Queued transaction) {
    this(command, args, access, db, resp3, prepared, transaction, false, false);
  }

  /** Whether it takes so little time that an event loop may carry it out itself. */
  boolean isPrompt() {
    return command == null || command.has(Flag.PROMPT) && args.length <= PROMPT_ARGUMENTS;
  }

  Request muted() {
    return new Request(command, args, access, db, resp3, prepared, transaction, isTracked, true);
  }

  /** The same with other arguments. */
  Request with(byte[][] changed) {
    return new Request(command, changed, access, db, resp3, prepared, transaction, isTracked, isMuted);
  }

  static Request prepared(byte[] reply) {
    return new Request(null, NO_ARGUMENTS, Access.NONE, 0, false, reply, null);
  }
}
