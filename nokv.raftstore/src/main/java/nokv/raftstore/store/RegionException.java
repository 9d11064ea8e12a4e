package nokv.raftstore.store;

import nokv.raftstore.proto.RegionError;

/** A region could not do what it was asked to; the client is told {@link #error} and usually tries again. Has no stack trace: it is an answer, not a defect. */
public final class RegionException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final transient RegionError error;

  public RegionException(RegionError error) {
    super(error.getMessage(), null, false, false);
    this.error = error;
  }

  public RegionError error() {
    return error;
  }
}
