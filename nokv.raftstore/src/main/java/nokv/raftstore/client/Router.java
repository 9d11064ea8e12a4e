package nokv.raftstore.client;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;

/**
 * Sends requests to whoever leads the region of a key. Region errors are dealt with here: it follows hints, renews the regions it knows, waits a little longer each time, and gives up
 * after {@code max_retries} or at the deadline. Every command is made so that doing it twice does no harm, so undetermined outcomes are asked again too. Thread-safe; parks nobody.
 *
 * <p>Stages fail with {@link nokv.api.UnavailableException} where surely nothing was done, and with {@link nokv.api.OutcomeUnknownException} where it may have been.
 */
public interface Router {
  /** Asks the region of {@code key}. The context is filled in; the response has no region error. */
  CompletionStage<Response> send(byte[] key, Request.Builder request);

  /**
   * Groups items by region and asks all regions at the same time, one request each; where a region has changed meanwhile, its items are grouped anew.
   *
   * @param request makes the request of one region's items, in their order
   * @return the items and response of each request that was answered
   */
  <T> CompletionStage<List<Answer<T>>> sendEach(List<T> items, Function<T, byte[]> key, BiFunction<Region, List<T>, Request.Builder> request);

  /** What one region answered. */
  record Answer<T>(List<T> items, Region region, Response response) {}

  /** The region that a key lies in, as far as is known; asks the stores where nothing is. */
  CompletionStage<Region> region(byte[] key);
}
