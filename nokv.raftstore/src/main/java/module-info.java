/** Regions replicated by raft, and transactions across them. */
module nokv.raftstore {
  requires nokv.spi;
  requires com.google.protobuf;
  requires com.google.common;
  requires io.grpc;
  requires io.grpc.netty;
  requires io.grpc.protobuf;
  requires io.grpc.stub;
  requires io.netty.common;
  requires io.netty.transport;
  requires org.slf4j;

  // Its messages print themselves by reflection.
  opens nokv.raftstore.proto to com.google.protobuf;

  provides nokv.spi.ReplicatorProvider with nokv.raftstore.RaftReplicatorProvider;
}
