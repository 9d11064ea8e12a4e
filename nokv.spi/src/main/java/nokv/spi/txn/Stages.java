package nokv.spi.txn;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import nokv.api.ClosedException;
import org.jspecify.annotations.Nullable;

/** Between blocking and non-blocking forms. Stages fail with the exception itself, never with a wrapped one. */
public final class Stages {
  private Stages() {}

  /** What {@code work} gives, worked out on {@code executor}. */
  public static <T extends @Nullable Object> CompletionStage<T> on(Executor executor, Supplier<T> work) {
    var result = new CompletableFuture<T>();
    try {
      executor.execute(() -> {
        try {
          result.complete(work.get());
        } catch (Throwable e) {
          result.completeExceptionally(e);
        }
      });
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(new ClosedException("the store was closed", e));
    }
    return result;
  }

  /** Waits; for blocking forms only. */
  public static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      switch (cause(e)) {
        case RuntimeException known -> throw known;
        case Error error -> throw error;
        case Throwable other -> throw e;
      }
    }
  }

  /** The same stage, failing with the exception itself. */
  public static <T extends @Nullable Object> CompletionStage<T> plain(CompletionStage<T> stage) {
    var result = new CompletableFuture<T>();
    stage.whenComplete((value, error) -> {
      if (error == null) result.complete(value);
      else result.completeExceptionally(cause(error));
    });
    return result;
  }

  public static Throwable cause(Throwable error) {
    return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
  }
}
