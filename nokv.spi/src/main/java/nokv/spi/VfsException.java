package nokv.spi;

import nokv.api.NoKVException;
import org.jspecify.annotations.Nullable;

/** A file operation failed; the message names operation and path. */
public final class VfsException extends NoKVException {
  private static final long serialVersionUID = 1L;

  /** What kind of failure it is, for those who act on it. */
  public enum Cause {
    /** No such file or directory. */
    NOT_FOUND,
    /** It exists already. */
    EXISTS,
    /** Another process (or another lock of this one) holds the lock. */
    LOCKED,
    /** The disk or a quota is full. */
    NO_SPACE,
    /** Anything else: the device, permissions, a closed file. */
    IO
  }

  private final Cause kind;

  public VfsException(Cause kind, String message, @Nullable Throwable cause) {
    super(message, cause == null ? new java.io.IOException(message) : cause);
    this.kind = kind;
  }

  public Cause kind() {
    return kind;
  }
}
