/** The timestamp service. */
module nokv.tso {
  requires nokv.spi;
  requires com.google.protobuf;
  requires com.google.common;
  requires io.grpc;
  requires io.grpc.netty;
  requires io.grpc.protobuf;
  requires io.grpc.stub;
  requires org.slf4j;

  // Its messages print themselves by reflection.
  opens nokv.tso.proto to com.google.protobuf;

  provides nokv.spi.OracleProvider with nokv.tso.TsoOracleProvider;
}
