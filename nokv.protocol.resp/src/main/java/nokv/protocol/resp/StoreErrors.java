package nokv.protocol.resp;

import nokv.api.BusyException;
import nokv.api.ClosedException;
import nokv.api.ConflictException;
import nokv.api.DiskFullException;
import nokv.api.InvalidArgumentException;
import nokv.api.NoKVException;
import nokv.api.OutcomeUnknownException;
import nokv.api.ReadOnlyException;
import nokv.api.TransactionTooLargeException;
import nokv.api.UnavailableException;

/** What a Redis client is told when the store cannot carry out a command: the code word Redis uses for the like, then the store's own message with what to do. */
final class StoreErrors {
  private StoreErrors() {}

  static String text(NoKVException failure) {
    String code = switch (failure) {
      case DiskFullException e -> "MISCONF Writes are refused, the disk is full; free some space and try again:";
      case ReadOnlyException e -> "READONLY";
      case ConflictException e -> "TRYAGAIN Other writers kept changing the same keys; nothing was written:";
      case BusyException e -> "TRYAGAIN Overloaded; nothing was written:";
      case UnavailableException e -> "CLUSTERDOWN";
      case ClosedException e -> "LOADING The server is stopping:";
      case OutcomeUnknownException e -> "ERR Outcome unknown, the command may or may not have been carried out; read to find out:";
      case TransactionTooLargeException e -> "ERR Too many writes in one command; nothing was written:";
      case InvalidArgumentException e -> "ERR";
      default -> "ERR";
    };
    return code + " " + failure.getMessage();
  }
}
