package nokv.raftstore.raft;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A proposed change of a group's {@link Configuration}, carried by an entry of kind {@link Entry.Kind#CHANGE}. No changes and {@link Transition#AUTO} is the command to leave a joint state; it is encoded as no bytes, so that it is never refused for its size.
 *
 * <pre>
 *  0      1       2                     2+9n
 *  +------+-------+---------------------+----------+
 *  | tran | n     | n × (type u8, id i64) | context |
 *  +------+-------+---------------------+----------+
 * </pre>
 * Little-endian; at most 255 changes.
 *
 * @param context the proposer's own bytes; the core passes them through
 */
public record ConfChange(Transition transition, List<Change> changes, byte[] context) {
  static final int TRANSITION_OFFSET = 0;
  static final int COUNT_OFFSET = 1;
  static final int CHANGES_OFFSET = 2;
  static final int CHANGE_BYTES = 9;

  private static final byte[] NO_CONTEXT = new byte[0];

  /** How the change takes effect. */
  public enum Transition {
    /** At once where at most one change is asked for, otherwise through a joint state that is left automatically. */
    AUTO,
    /** Through a joint state that is left automatically. */
    JOINT_IMPLICIT,
    /** Through a joint state that somebody has to leave with {@link #leaveJoint}. */
    JOINT_EXPLICIT
  }

  /** What happens to one node. */
  public record Change(Type type, long id) {}

  /** Kinds of changes. */
  public enum Type {
    ADD_VOTER,
    ADD_LEARNER,
    REMOVE,
    /** Changes nothing; says that the context concerns this node. */
    UPDATE
  }

  public ConfChange(Transition transition, List<Change> changes) {
    this(transition, changes, NO_CONTEXT);
  }

  public static ConfChange of(Change change) {
    return new ConfChange(Transition.AUTO, List.of(change));
  }

  public static ConfChange leaveJoint() {
    return new ConfChange(Transition.AUTO, List.of());
  }

  public boolean leavesJoint() {
    return transition == Transition.AUTO && changes.isEmpty();
  }

  boolean entersJoint() {
    return transition != Transition.AUTO || changes.size() > 1;
  }

  boolean autoLeave() {
    return transition != Transition.JOINT_EXPLICIT;
  }

  public byte[] encode() {
    if (leavesJoint() && context.length == 0) return NO_CONTEXT;
    if (changes.size() > 255) throw new IllegalArgumentException(changes.size() + " changes of a configuration at once; at most 255 are possible");
    var bytes = ByteBuffer.allocate(CHANGES_OFFSET + CHANGE_BYTES * changes.size() + context.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put((byte) transition.ordinal()).put((byte) changes.size());
    for (var change : changes) bytes.put((byte) change.type.ordinal()).putLong(change.id);
    return bytes.put(context).array();
  }

  /** @throws IllegalArgumentException if the bytes are no change: the log's checksums hold, so another version wrote them */
  public static ConfChange decode(byte[] data) {
    if (data.length == 0) return leaveJoint();
    try {
      var bytes = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
      var transition = Transition.values()[bytes.get()];
      int count = Byte.toUnsignedInt(bytes.get());
      var changes = new ArrayList<Change>(count);
      for (int i = 0; i < count; i++) changes.add(new Change(Type.values()[bytes.get()], bytes.getLong()));
      byte[] context = new byte[bytes.remaining()];
      bytes.get(context);
      return new ConfChange(transition, List.copyOf(changes), context);
    } catch (IndexOutOfBoundsException | java.nio.BufferUnderflowException e) {
      throw new IllegalArgumentException("raft entry of " + data.length + " bytes is no configuration change this version knows", e);
    }
  }
}
