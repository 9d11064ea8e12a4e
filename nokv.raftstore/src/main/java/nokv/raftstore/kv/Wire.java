package nokv.raftstore.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import nokv.api.CorruptException;
import nokv.api.ConflictException;
import nokv.api.Entry;
import nokv.api.InvalidArgumentException;
import nokv.api.NoKVException;
import nokv.api.SnapshotTooOldException;
import nokv.api.UnavailableException;
import nokv.raftstore.proto.Key;
import nokv.raftstore.proto.KeyError;
import nokv.spi.txn.FamilyKey;
import org.jspecify.annotations.Nullable;

/** Between the types of the API and those of the messages. */
final class Wire {
  private Wire() {}

  /** Without a copy: callers do not change arrays while a call is under way. */
  static ByteString bytes(byte[] array) {
    return UnsafeByteOperations.unsafeWrap(array);
  }

  /** An end that may be absent: empty on the wire. */
  static ByteString end(byte @Nullable [] end) {
    return end == null ? ByteString.EMPTY : bytes(end);
  }

  static Key key(int family, byte[] key) {
    return Key.newBuilder().setFamily(family).setKey(bytes(key)).build();
  }

  static Key key(FamilyKey key) {
    return key(key.family(), key.key());
  }

  static Entry entry(nokv.raftstore.proto.Entry entry) {
    return new Entry(entry.getKey().toByteArray(), entry.getValue().toByteArray(), entry.getVersion(), entry.getExpiryMillis());
  }

  /** What a command's refusal means to an application. Locks are not refusals: they are waited for. */
  static NoKVException failure(KeyError error) {
    return switch (error.getKindCase()) {
      case CONFLICT -> new ConflictException("a key was changed at " + error.getConflict().getConflictVersion() + ", after the transaction's start at "
          + error.getConflict().getStartVersion() + "; run it again");
      case TXN_NOT_FOUND, ALREADY_ROLLED_BACK -> new ConflictException("the transaction was rolled back by another that met its locks: it took longer than they last; run it again");
      case COMMIT_VERSION_TOO_OLD -> new ConflictException("a reader went ahead of the commit version; it has to be above " + error.getCommitVersionTooOld().getMinCommitVersion());
      case SNAPSHOT_TOO_OLD -> new SnapshotTooOldException("versions below " + error.getSnapshotTooOld().getSafePoint() + " may have been dropped; take a new snapshot");
      case INVALID -> new InvalidArgumentException(error.getMessage());
      case LOCKED -> new UnavailableException("a key stays locked by the transaction of " + error.getLocked().getStartVersion());
      case ALREADY_COMMITTED -> new CorruptException("the transaction was committed at " + error.getAlreadyCommitted().getCommitVersion() + " where it was to be rolled back");
      case KIND_NOT_SET -> new UnavailableException("a store refused a command without saying why: " + error.getMessage());
    };
  }
}
