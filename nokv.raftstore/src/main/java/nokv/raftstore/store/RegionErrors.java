package nokv.raftstore.store;

import java.util.List;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.RegionError;
import org.jspecify.annotations.Nullable;

/** What a store answers where it cannot do what it was asked to. */
public final class RegionErrors {
  private static final long BACKOFF_MILLIS = 20;

  private RegionErrors() {}

  static RegionException notLeader(long region, @Nullable Peer leader) {
    var kind = RegionError.NotLeader.newBuilder();
    if (leader != null) kind.setLeader(leader);
    String who = leader == null ? "who does is not known" : "store " + leader.getStoreId() + " does";
    return of(RegionError.newBuilder().setMessage("this store does not lead region " + region + "; " + who).setNotLeader(kind));
  }

  static RegionException notFound(long region) {
    return of(RegionError.newBuilder().setMessage("region " + region + " is not on this store").setRegionNotFound(RegionError.RegionNotFound.getDefaultInstance()));
  }

  /** @param current of the asked bounds, not empty; the first is named */
  static RegionException epochNotMatch(List<Region> current) {
    Region first = current.getFirst();
    return of(RegionError.newBuilder().setMessage("region " + first.getId() + " has epoch version " + first.getEpoch().getVersion() + " and conf version "
        + first.getEpoch().getConfVersion()).setEpochNotMatch(RegionError.EpochNotMatch.newBuilder().addAllCurrent(current)));
  }

  public static RegionException invalid(String why) {
    return of(RegionError.newBuilder().setMessage(why).setInvalidRequest(RegionError.InvalidRequest.getDefaultInstance()));
  }

  public static RegionException keyNotInRegion(Region region) {
    return of(RegionError.newBuilder().setMessage("a key lies outside of region " + region.getId()).setKeyNotInRegion(RegionError.KeyNotInRegion.getDefaultInstance()));
  }

  static RegionException storeNotMatch(long actual) {
    return of(RegionError.newBuilder().setMessage("this is store " + actual).setStoreNotMatch(RegionError.StoreNotMatch.newBuilder().setActualStoreId(actual)));
  }

  public static RegionException busy(String why) {
    return of(RegionError.newBuilder().setMessage(why).setServerIsBusy(RegionError.ServerIsBusy.newBuilder().setBackoffMillis(BACKOFF_MILLIS)));
  }

  /** It is being taken in by its neighbour, which serves its keys soon; or it is itself again. */
  static RegionException merging(Region region) {
    return busy("region " + region.getId() + " is being merged into region " + region.getMerge().getRegionId());
  }

  public static RegionException undetermined(long region) {
    return of(RegionError.newBuilder().setMessage("whether a command to region " + region + " was or will be done cannot be told: leadership was lost, or it is too long ago")
        .setUndetermined(RegionError.Undetermined.getDefaultInstance()));
  }

  static RegionException diskFull(String why) {
    return of(RegionError.newBuilder().setMessage(why).setDiskFull(RegionError.DiskFull.getDefaultInstance()));
  }

  static RegionException readOnly(String why) {
    return of(RegionError.newBuilder().setMessage(why).setReadOnly(RegionError.ReadOnly.getDefaultInstance()));
  }

  private static RegionException of(RegionError.Builder error) {
    return new RegionException(error.build());
  }
}
