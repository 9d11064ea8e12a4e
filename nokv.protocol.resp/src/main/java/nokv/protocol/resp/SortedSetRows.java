package nokv.protocol.resp;

import static nokv.protocol.resp.Access.READ;
import static nokv.protocol.resp.Access.SERIAL;
import static nokv.protocol.resp.Access.UPDATE;

import java.util.List;

/** Commands on sorted sets, and on places, which are sorted sets. */
final class SortedSetRows {
  private static final String COUNTS = "takes time in proportion to the members passed";
  private static final String LEX = "by member, the order is that of the bytes, whatever the scores";

  private SortedSetRows() {}

  static void addTo(List<RedisCommand> all) {
    sortedSets(all);
    geo(all);
  }

  private static void sortedSets(List<RedisCommand> all) {
    var rows = new Rows(all, "sorted-set");
    rows.add("zadd", -4, "write denyoom fast prompt", "1 RW update", UPDATE, "1.2.0", "Add one or more members to a sorted set, or update its score if it already exists", SortedSetCommands::zadd, "a score of minus zero is kept as zero");
    rows.add("zincrby", 4, "write denyoom fast prompt", "1 RW access update", UPDATE, "1.2.0", "Increment the score of a member in a sorted set", SortedSetCommands::zincrby);
    rows.add("zrem", -3, "write fast prompt", "1 RW delete", UPDATE, "1.2.0", "Remove one or more members from a sorted set", SortedSetCommands::zrem);
    rows.add("zremrangebyrank", 4, "write", "1 RW delete", UPDATE, "2.0.0", "Remove all members in a sorted set within the given indexes", SortedSetCommands::zremrangebyrank, COUNTS);
    rows.add("zremrangebyscore", 4, "write", "1 RW delete", UPDATE, "1.2.0", "Remove all members in a sorted set within the given scores", SortedSetCommands::zremrangebyscore);
    rows.add("zremrangebylex", 4, "write", "1 RW delete", UPDATE, "2.8.9", "Remove all members in a sorted set between the given lexicographical range", SortedSetCommands::zremrangebylex, LEX);
    rows.add("zpopmin", -2, "write fast", "1 RW access delete", UPDATE, "5.0.0", "Remove and return members with the lowest scores in a sorted set", SortedSetCommands::zpop);
    rows.add("zpopmax", -2, "write fast", "1 RW access delete", UPDATE, "5.0.0", "Remove and return members with the highest scores in a sorted set", SortedSetCommands::zpop);
    rows.add("zscore", 3, "readonly fast prompt", "1 RO access", READ, "1.2.0", "Get the score associated with the given member in a sorted set", SortedSetCommands::zscore);
    rows.add("zmscore", -3, "readonly fast prompt", "1 RO access", READ, "6.2.0", "Get the score associated with the given members in a sorted set", SortedSetCommands::zmscore);
    rows.add("zcard", 2, "readonly fast prompt", "1 RO", READ, "1.2.0", "Get the number of members in a sorted set", SortedSetCommands::zcard);
    rows.add("zcount", 4, "readonly fast", "1 RO access", READ, "2.0.0", "Count the members in a sorted set with scores within the given values", SortedSetCommands::zcount, COUNTS);
    rows.add("zlexcount", 4, "readonly fast", "1 RO access", READ, "2.8.9", "Count the number of members in a sorted set between a given lexicographical range", SortedSetCommands::zlexcount, LEX);
    rows.add("zrank", 3, "readonly fast", "1 RO access", READ, "2.0.0", "Determine the index of a member in a sorted set", SortedSetCommands::zrank, COUNTS);
    rows.add("zrevrank", 3, "readonly fast", "1 RO access", READ, "2.0.0", "Determine the index of a member in a sorted set, with scores ordered from high to low", SortedSetCommands::zrank, COUNTS);
    rows.add("zrandmember", -2, "readonly", "1 RO access", READ, "6.2.0", "Get one or multiple random elements from a sorted set", SortedSetCommands::zrandmember, "reads the whole set");
    rows.add("zscan", -3, "readonly", "1 RO access", READ, "2.8.0", "Incrementally iterate sorted sets elements and associated scores", SortedSetCommands::zscan);
    rows.add("zrange", -4, "readonly", "1 RO access", READ, "1.2.0", "Return a range of members in a sorted set", SortedSetRanges::zrange, LEX);
    rows.add("zrevrange", -4, "readonly", "1 RO access", READ, "1.2.0", "Return a range of members in a sorted set, by index, with scores ordered from high to low", SortedSetRanges::zrevrange, COUNTS);
    rows.add("zrangebyscore", -4, "readonly", "1 RO access", READ, "1.0.5", "Return a range of members in a sorted set, by score", SortedSetRanges::zrangebyscore);
    rows.add("zrevrangebyscore", -4, "readonly", "1 RO access", READ, "2.2.0", "Return a range of members in a sorted set, by score, with scores ordered from high to low", SortedSetRanges::zrevrangebyscore);
    rows.add("zrangebylex", -4, "readonly", "1 RO access", READ, "2.8.9", "Return a range of members in a sorted set, by lexicographical range", SortedSetRanges::zrangebylex, LEX);
    rows.add("zrevrangebylex", -4, "readonly", "1 RO access", READ, "2.8.9", "Return a range of members in a sorted set, by lexicographical range, ordered from higher to lower strings.", SortedSetRanges::zrevrangebylex, LEX);
    rows.add("zrangestore", -5, "write denyoom", "1 OW update, 2 RO access", SERIAL, "6.2.0", "Store a range of members from sorted set into another key", SortedSetRanges::zrangestore, LEX);
    rows.add("zmpop", -4, "write", "#1 RW access delete", SERIAL, "7.0.0", "Remove and return members with scores in a sorted set", SortedSetCommands::zmpop);
    rows.add("bzpopmin", -3, "write noscript fast blocking", "1..-2 RW access delete", SERIAL, "5.0.0", "Remove and return the member with the lowest score from one or more sorted sets, or block until one is available", BlockingCommands::zpop);
    rows.add("bzpopmax", -3, "write noscript fast blocking", "1..-2 RW access delete", SERIAL, "5.0.0", "Remove and return the member with the highest score from one or more sorted sets, or block until one is available", BlockingCommands::zpop);
    rows.add("bzmpop", -5, "write blocking", "#2 RW access delete", SERIAL, "7.0.0", "Remove and return members with scores in a sorted set or block until one is available", BlockingCommands::bzmpop);
    rows.add("zunion", -3, "readonly", "#1 RO access", READ, "6.2.0", "Add multiple sorted sets", SortedSetAlgebra::zunion);
    rows.add("zinter", -3, "readonly", "#1 RO access", READ, "6.2.0", "Intersect multiple sorted sets", SortedSetAlgebra::zinter);
    rows.add("zdiff", -3, "readonly", "#1 RO access", READ, "6.2.0", "Subtract multiple sorted sets", SortedSetAlgebra::zdiff);
    rows.add("zintercard", -3, "readonly", "#1 RO access", READ, "7.0.0", "Intersect multiple sorted sets and return the cardinality of the result", SortedSetAlgebra::zintercard);
    rows.add("zunionstore", -4, "write denyoom", "1 OW update, #2 RO access", SERIAL, "2.0.0", "Add multiple sorted sets and store the resulting sorted set in a new key", SortedSetAlgebra::zunionstore);
    rows.add("zinterstore", -4, "write denyoom", "1 OW update, #2 RO access", SERIAL, "2.0.0", "Intersect multiple sorted sets and store the resulting sorted set in a new key", SortedSetAlgebra::zinterstore);
    rows.add("zdiffstore", -4, "write denyoom", "1 OW update, #2 RO access", SERIAL, "6.2.0", "Subtract multiple sorted sets and store the resulting sorted set in a new key", SortedSetAlgebra::zdiffstore);
  }

  private static void geo(List<RedisCommand> all) {
    var rows = new Rows(all, "geo");
    rows.add("geoadd", -5, "write denyoom", "1 RW update", UPDATE, "3.2.0", "Add one or more geospatial items in the geospatial index represented using a sorted set", GeoCommands::geoadd);
    rows.add("geodist", -4, "readonly", "1 RO access", READ, "3.2.0", "Returns the distance between two members of a geospatial index", GeoCommands::geodist);
    rows.add("geohash", -2, "readonly", "1 RO access", READ, "3.2.0", "Returns members of a geospatial index as standard geohash strings", GeoCommands::geohash);
    rows.add("geopos", -2, "readonly", "1 RO access", READ, "3.2.0", "Returns longitude and latitude of members of a geospatial index", GeoCommands::geopos);
    String older = "write denyoom";
    rows.add("georadius", -6, older, "1 RO access, STORE@6 OW update, STOREDIST@6 OW update", GeoSearch::access, "3.2.0", "Query a sorted set representing a geospatial index to fetch members matching a given maximum distance from a point", GeoSearch::run);
    rows.add("georadiusbymember", -5, older, "1 RO access, STORE@5 OW update, STOREDIST@5 OW update", GeoSearch::access, "3.2.0", "Query a sorted set representing a geospatial index to fetch members matching a given maximum distance from a member", GeoSearch::run);
    rows.add("georadius_ro", -6, "readonly", "1 RO access", READ, "3.2.10", "A read-only variant for GEORADIUS", GeoSearch::run);
    rows.add("georadiusbymember_ro", -5, "readonly", "1 RO access", READ, "3.2.10", "A read-only variant for GEORADIUSBYMEMBER", GeoSearch::run);
    rows.add("geosearch", -7, "readonly", "1 RO access", READ, "6.2.0", "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a circle.", GeoSearch::run);
    rows.add("geosearchstore", -8, "write denyoom", "1 OW update, 2 RO access", SERIAL, "6.2.0", "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a circle, and store the result in another key.", GeoSearch::run);
  }
}
