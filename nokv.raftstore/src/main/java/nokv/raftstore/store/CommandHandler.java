package nokv.raftstore.store;

import java.util.concurrent.CompletionStage;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;

/** What a store does with the commands of clients; administration it answers itself. */
@FunctionalInterface
public interface CommandHandler {
  /** A stage that fails with {@link RegionException} is answered with its error. Must not park the caller. */
  CompletionStage<Response> handle(Request request);
}
