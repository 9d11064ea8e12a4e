package nokv.raftstore.key;

import java.nio.charset.StandardCharsets;

/** Where placement is: at the leader of the region that holds this key, which is that of the register of the safe point. */
public final class PlacementKey {
  public static final String SAFE_POINT = "placement.safe_point";

  private PlacementKey() {}

  public static byte[] bytes() {
    return SAFE_POINT.getBytes(StandardCharsets.UTF_8);
  }
}
