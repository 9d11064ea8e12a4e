package nokv.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Timestamps: each is given once, and is greater than all whose answers were there before it was asked for. */
public final class Timestamps {
  private Timestamps() {}

  /** What is wrong; null = nothing. */
  public static @Nullable String violation(List<Call<Long>> history) {
    var given = new HashMap<Long, Call<Long>>();
    for (Call<Long> call : history) {
      Call<Long> other = given.putIfAbsent(call.operation(), call);
      if (other != null) return "given twice: " + other + " and " + call;
    }
    var byEnd = new ArrayList<>(history);
    byEnd.sort(Comparator.comparingLong(Call::ended));
    var byBegin = new ArrayList<>(history);
    byBegin.sort(Comparator.comparingLong(Call::begun));
    Call<Long> greatest = null;
    int ended = 0;
    for (Call<Long> call : byBegin) {
      for (; byEnd.get(ended).ended() < call.begun(); ended++) {
        if (greatest == null || byEnd.get(ended).operation() > greatest.operation()) greatest = byEnd.get(ended);
      }
      if (greatest != null && call.operation() <= greatest.operation()) return "went back: " + greatest + ", then " + call;
    }
    return null;
  }
}
