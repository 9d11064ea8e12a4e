package nokv.raftstore.kv;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionStage;
import nokv.raftstore.client.Router;
import nokv.raftstore.proto.RegisterAccess;
import nokv.raftstore.proto.RegisterResult;
import nokv.raftstore.proto.Request;
import nokv.spi.Register;
import nokv.spi.txn.Stages;

/** A register in the region of its name. Needs no timestamps. */
public final class RaftRegister implements Register {
  private final Router router;
  private final byte[] name;

  public RaftRegister(Router router, String name) {
    this.router = router;
    this.name = name.getBytes(StandardCharsets.UTF_8);
  }

  @Override public CompletionStage<Long> read() {
    return Stages.plain(send(RegisterAccess.newBuilder().setName(Wire.bytes(name))).thenApply(RegisterResult::getValue));
  }

  /**
   * An answer that was lost is asked for again, and then a set that has happened may look like one that has not: the answer is false only if the value is not {@code next}. Whoever needs
   * to know who has set it sets values that nobody else would.
   */
  @Override public CompletionStage<Boolean> compareAndSet(long expected, long next) {
    return Stages.plain(send(RegisterAccess.newBuilder().setName(Wire.bytes(name)).setSet(true).setExpected(expected).setNext(next))
        .thenApply(result -> result.getDone() || (result.getValue() == next && next != expected)));
  }

  private CompletionStage<RegisterResult> send(RegisterAccess.Builder access) {
    return router.send(name, Request.newBuilder().setRegister(access)).thenApply(response -> response.getRegister());
  }
}
