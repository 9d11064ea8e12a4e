package nokv.api;

/**
 * A separate key space of one store. Families are numbered, as fields are in a protocol: the number is what is stored, in every node alike, and the
 * name is for people. Families share one log and are flushed together, so a batch over several of them is atomic.
 *
 * @param id 0 to 255. Applications use {@value #FIRST_APPLICATION_ID} and above; smaller ones belong to NoKV
 * @param name shown in statistics and messages; not stored
 */
public record ColumnFamily(int id, String name) {
  /** The smallest number an application may give to a family of its own. */
  public static final int FIRST_APPLICATION_ID = 16;

  /** Where a key goes when no family is named. */
  public static final ColumnFamily DEFAULT = new ColumnFamily(0, "default");
  /** Keys and collections of the Redis front; the layout is in {@code docs/formats/redis.md}. */
  public static final ColumnFamily REDIS = new ColumnFamily(1, "redis");
  /** What the Redis front keeps beside the keys: libraries of functions, users. */
  public static final ColumnFamily REDIS_SYSTEM = new ColumnFamily(5, "redis-system");
  /** Locks of transactions under way in a cluster; applications never see it. */
  public static final ColumnFamily LOCK = new ColumnFamily(2, "lock");
  /** State a replicator keeps beside the data it describes (applied positions); never replicated, never seen by applications. */
  public static final ColumnFamily LOCAL = new ColumnFamily(3, "local");

  /** The linearizable registers of a cluster, by name; applications never see it. */
  public static final ColumnFamily REGISTER = new ColumnFamily(4, "register");

  public ColumnFamily {
    if (id < 0 || id > 255) throw new IllegalArgumentException("column family id " + id + " is not in 0 … 255");
  }

  /** A family of the application's own. @throws IllegalArgumentException if {@code id} is below {@value #FIRST_APPLICATION_ID} or above 255 */
  public static ColumnFamily of(int id, String name) {
    if (id < FIRST_APPLICATION_ID) {
      throw new IllegalArgumentException("column family id " + id + " is reserved; applications use " + FIRST_APPLICATION_ID + " … 255");
    }
    return new ColumnFamily(id, name);
  }
}
