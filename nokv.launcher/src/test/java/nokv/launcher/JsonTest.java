package nokv.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class JsonTest {
  @Test void everyKindOfValueIsWrittenInTheOrderItCame() {
    var tree = new LinkedHashMap<String, Object>();
    tree.put("text", "a\"b\\c\n\u0001é\ud83d\ude00\ud83d");
    tree.put("numbers", Arrays.asList(1, 2L, 0.5, Double.NaN, null));
    tree.put("empty", Map.of());
    tree.put("ok", true);
    assertEquals("""
        {
          "text": "a\\"b\\\\c\\n\\u0001é\ud83d\ude00\\ud83d",
          "numbers": [
            1,
            2,
            0.5,
            null,
            null
          ],
          "empty": {},
          "ok": true
        }""", Json.write(tree));
  }

  @Test void forPeopleBlocksAreIndentedAndListsOfBlocksAreTables() {
    var tree = new LinkedHashMap<String, Object>();
    tree.put("name", "x");
    tree.put("longer_name", 12);
    tree.put("levels", List.of(Map.of("level", 0), Map.of("level", 11)));
    tree.put("wal", Map.of("bytes", 7));
    assertEquals("""
        name         x
        longer_name  12
        levels
          level
          0
          11
        wal
          bytes  7
        """, Table.write(tree));
  }
}
