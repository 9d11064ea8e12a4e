package nokv.protocol.resp;

/**
 * A cell of the earth's surface: the world, 360 by 170.1 degrees, halved {@code step} times each way. The bits of its two positions, interleaved, are its number, so that cells near each
 * other often have near numbers; a place is the number of its cell at step 26, which a score holds exactly.
 *
 * @param x from west, {@code y} from south
 */
record GeoHash(long x, long y, int step) {
  static final double MAX_LATITUDE = 85.05112878;
  static final double MAX_LONGITUDE = 180;
  static final int FULL_STEP = 26;
  private static final double EARTH_RADIUS_METERS = 6372797.560856;
  private static final double MERCATOR_METERS = 20037726.37;
  private static final double RADIANS = Math.PI / 180;
  private static final String ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz";

  /** A place in degrees. */
  record Place(double longitude, double latitude) {}

  static GeoHash of(Place place, int step) {
    return of(place, step, MAX_LATITUDE);
  }

  private static GeoHash of(Place place, int step, double maxLatitude) {
    double x = (place.longitude + MAX_LONGITUDE) / (2 * MAX_LONGITUDE) * (1L << step);
    double y = (place.latitude + maxLatitude) / (2 * maxLatitude) * (1L << step);
    return new GeoHash((long) x, (long) y, step);
  }

  /** The cell whose number at the full step this score is. */
  static GeoHash ofScore(double score) {
    long bits = (long) score;
    return new GeoHash(every(bits >>> 1), every(bits), FULL_STEP);
  }

  static Place place(double score) {
    GeoHash cell = ofScore(score);
    return new Place(clamp((cell.west() + cell.east()) / 2, MAX_LONGITUDE), clamp((cell.south() + cell.north()) / 2, MAX_LATITUDE));
  }

  private static double clamp(double value, double limit) {
    return Math.max(-limit, Math.min(limit, value));
  }

  private static long spread(long value) {
    long spread = 0;
    for (int i = 0; i < 32; i++) spread |= (value >>> i & 1) << 2 * i;
    return spread;
  }

  private static long every(long bits) {
    long value = 0;
    for (int i = 0; i < 32; i++) value |= (bits >>> 2 * i & 1) << i;
    return value;
  }

  private long bits() {
    return spread(y) | spread(x) << 1;
  }

  /** The least score of places in this cell; that of the next number ends it. */
  double score() {
    return bits() << 2 * (FULL_STEP - step);
  }

  double scoreEnd() {
    return bits() + 1 << 2 * (FULL_STEP - step);
  }

  /** The cell beside, round the world. */
  GeoHash move(int east, int north) {
    long mask = (1L << step) - 1;
    return new GeoHash(x + east & mask, y + north & mask, step);
  }

  double west() {
    return -MAX_LONGITUDE + (double) x / (1L << step) * (2 * MAX_LONGITUDE);
  }

  double east() {
    return -MAX_LONGITUDE + (double) (x + 1) / (1L << step) * (2 * MAX_LONGITUDE);
  }

  double south() {
    return -MAX_LATITUDE + (double) y / (1L << step) * (2 * MAX_LATITUDE);
  }

  double north() {
    return -MAX_LATITUDE + (double) (y + 1) / (1L << step) * (2 * MAX_LATITUDE);
  }

  /** The usual geohash of a place in 11 letters, of which the last says nothing. */
  static String letters(Place place) {
    long bits = of(place, FULL_STEP, 90).bits();
    var letters = new StringBuilder();
    for (int i = 1; i <= 10; i++) letters.append(ALPHABET.charAt((int) (bits >>> 52 - 5 * i & 31)));
    return letters.append('0').toString();
  }

  /** By the haversine formula. */
  static double meters(Place a, Place b) {
    double v = Math.sin((b.longitude - a.longitude) * RADIANS / 2);
    if (v == 0) return metersNorth(a, b);
    double u = Math.sin((b.latitude - a.latitude) * RADIANS / 2);
    return 2 * EARTH_RADIUS_METERS * Math.asin(Math.sqrt(u * u + Math.cos(a.latitude * RADIANS) * Math.cos(b.latitude * RADIANS) * v * v));
  }

  static double metersNorth(Place a, Place b) {
    return EARTH_RADIUS_METERS * Math.abs(b.latitude * RADIANS - a.latitude * RADIANS);
  }

  static double degrees(double meters) {
    return meters / EARTH_RADIUS_METERS / RADIANS;
  }

  /** How often to halve so that a cell and those around it hold everything within a distance; fewer near the poles, where meridians meet. */
  static int step(double meters, double latitude) {
    if (meters == 0) return FULL_STEP;
    int step = -1;
    for (double reach = meters; reach < MERCATOR_METERS; reach *= 2) step++;
    if (Math.abs(latitude) > 66) step--;
    if (Math.abs(latitude) > 80) step--;
    return Math.max(1, Math.min(FULL_STEP, step));
  }
}
