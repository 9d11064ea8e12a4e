package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.List;
import nokv.protocol.resp.GeoHash.Place;

/**
 * What a search covers: a circle or a box round a place.
 *
 * @param width of a box, in meters; of a circle, as {@code height}, its radius twice
 */
record GeoShape(Place center, boolean circle, double width, double height) {
  static GeoShape circle(Place center, double radiusMeters) {
    return new GeoShape(center, true, 2 * radiusMeters, 2 * radiusMeters);
  }

  static GeoShape box(Place center, double widthMeters, double heightMeters) {
    return new GeoShape(center, false, widthMeters, heightMeters);
  }

  /** Meters from the center, or NaN where the place is outside. */
  double distance(Place place) {
    if (circle) {
      double meters = GeoHash.meters(center, place);
      return meters <= width / 2 ? meters : Double.NaN;
    }
    if (GeoHash.metersNorth(center, place) > height / 2 || GeoHash.meters(place, new Place(center.longitude(), place.latitude())) > width / 2) return Double.NaN;
    return GeoHash.meters(center, place);
  }

  /** The cells to look into: that of the center and those around it which the shape may reach, in Redis's order. */
  List<GeoHash> cells() {
    double north = center.latitude() + GeoHash.degrees(height / 2);
    double south = center.latitude() - GeoHash.degrees(height / 2);
    double widest = center.latitude() < 0 ? south : north;
    double reach = GeoHash.degrees(width / 2 / Math.cos(Math.toRadians(widest)));
    double west = center.longitude() - reach;
    double east = center.longitude() + reach;
    double meters = circle ? width / 2 : Math.sqrt(width / 2 * (width / 2) + height / 2 * (height / 2));
    int step = GeoHash.step(meters, center.latitude());
    GeoHash cell = GeoHash.of(center, step);
    boolean tooSmall = cell.move(0, 1).north() < north || cell.move(0, -1).south() > south || cell.move(1, 0).east() < east || cell.move(-1, 0).west() > west;
    if (step > 1 && tooSmall) cell = GeoHash.of(center, --step);
    int[][] around = {{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
    var cells = new ArrayList<GeoHash>();
    for (int[] move : around) {
      boolean unreached = step >= 2 && (move[1] < 0 && cell.south() < south || move[1] > 0 && cell.north() > north || move[0] < 0 && cell.west() < west || move[0] > 0 && cell.east() > east);
      GeoHash next = cell.move(move[0], move[1]);
      if (!unreached && !cells.contains(next)) cells.add(next);
    }
    return cells;
  }
}
