package nokv.history;

import org.jspecify.annotations.Nullable;

/** What is done to a value under a key. Values are told apart by equals; null = there is none. */
public sealed interface Register {
  String key();

  record Read(String key, @Nullable Object value) implements Register {}

  record Write(String key, @Nullable Object value) implements Register {}

  /** Sets {@code next} if {@code expected} is there. @param done whether it was */
  record Exchange(String key, @Nullable Object expected, @Nullable Object next, boolean done) implements Register {}

  /** A register's state: its value. */
  record Value(@Nullable Object value) {
    @Override public String toString() {
      return String.valueOf(value);
    }
  }

  /** Begins without a value. */
  Model<Value, Register> MODEL = new Model<>() {
    @Override public Value initial() {
      return new Value(null);
    }

    @Override public @Nullable Value after(Value state, Register operation, boolean known) {
      return switch (operation) {
        case Read read -> !known || state.equals(new Value(read.value)) ? state : null;
        case Write write -> new Value(write.value);
        case Exchange exchange -> {
          boolean meets = state.equals(new Value(exchange.expected));
          if (known && meets != exchange.done) yield null;
          yield meets ? new Value(exchange.next) : state;
        }
      };
    }
  };
}
