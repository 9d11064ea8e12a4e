package nokv.raftstore.raft;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a node wants done next.
 *
 * <p>Without asynchronous storage: store {@code snapshot}, {@code entries} and {@code hardState} (durably if {@code mustSync}), then send {@code messages}, apply {@code committed},
 * and call {@link RaftNode#advance}. With it: do {@code append} and {@code apply} whenever it suits, each kind in order; {@code messages} may go at once, and there is no advance.
 *
 * @param softState null = unchanged
 * @param hardState null = unchanged
 * @param snapshot replaces the application's state and the whole log, before {@code entries}; null = none
 * @param entries to store, replacing what is stored from the first one's index on
 * @param committed to apply, in order
 * @param mustSync whether entries or a vote have to be durable; a new commit index alone does not
 * @param append null without asynchronous storage, or where there is nothing to store
 * @param apply null without asynchronous storage, or where there is nothing to apply
 */
public record Ready(@Nullable SoftState softState, @Nullable HardState hardState, @Nullable Snapshot snapshot, List<Entry> entries, List<Entry> committed,
    List<Message> messages, List<ReadState> readStates, boolean mustSync, @Nullable StorageAppend append, @Nullable StorageApply apply) {

  /**
   * To store in one step.
   *
   * @param responses once it is durable (or at once where nothing has to be): to be sent, or stepped where they are local
   */
  public record StorageAppend(@Nullable HardState hardState, @Nullable Snapshot snapshot, List<Entry> entries, boolean mustSync, List<Message> responses) {}

  /**
   * To apply, in order.
   *
   * @param response to be stepped when all are applied
   */
  public record StorageApply(List<Entry> entries, Message.Applied response) {}

  /** Whether there is nothing to do. */
  public boolean isEmpty() {
    return softState == null && hardState == null && snapshot == null && entries.isEmpty() && committed.isEmpty() && messages.isEmpty() && readStates.isEmpty();
  }
}
