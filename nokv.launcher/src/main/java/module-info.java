/** Reads the topology file, assembles a node and runs it. */
module nokv.launcher {
  requires nokv.spi;
  requires com.codahale.metrics.jmx;
  requires info.picocli;
  requires java.logging;
  requires java.management;
  requires jdk.httpserver;
  requires org.slf4j;
  requires typesafe.config;

  opens nokv.launcher to info.picocli;

  uses nokv.spi.TopologyReader;

  provides nokv.spi.TopologyReader with nokv.launcher.config.HoconTopologyReader;
}
