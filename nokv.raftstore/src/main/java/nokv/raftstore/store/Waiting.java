package nokv.raftstore.store;

import java.util.concurrent.CompletableFuture;
import nokv.raftstore.proto.Region;

/**
 * Somebody who waits for a proposal.
 *
 * @param term in which it may be proposed
 * @param done is completed once, off the store loop, with the region as it is then
 */
record Waiting(RegionCommand.Proposal proposal, long term, CompletableFuture<Region> done) {}
