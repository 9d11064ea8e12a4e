package nokv.history;

import org.jspecify.annotations.Nullable;

/** What an object does when its operations come one after another. @param <S> its state, immutable and compared by equals */
public interface Model<S, O> {
  S initial();

  /**
   * The state after an operation; null = in this state it is not answered so.
   *
   * @param known whether the operation's answer was seen; otherwise only its effect counts
   */
  @Nullable S after(S state, O operation, boolean known);
}
