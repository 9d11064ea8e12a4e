package nokv.spi;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Finds the name a person probably meant (edit distance). */
public final class Nearest {
  private Nearest() {}

  /** {@code "; did you mean X?"}, or the list of names where nothing is near. */
  public static String hint(String given, Collection<String> names) {
    String nearest = to(given, names);
    return nearest != null ? "; did you mean \"" + nearest + "\"?" : names.isEmpty() ? "" : "; known are " + String.join(", ", names);
  }

  /** The name nearest to {@code given}, or null if none is near. */
  public static @Nullable String to(String given, Collection<String> names) {
    String best = null;
    int bestDistance = Math.max(2, given.length() / 3) + 1;
    for (String name : names) {
      int distance = distance(given, name);
      if (distance < bestDistance) {
        bestDistance = distance;
        best = name;
      }
    }
    return best;
  }

  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) row[j] = j;
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitute = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitute, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
