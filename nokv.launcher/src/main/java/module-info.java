/** Reads the topology file, assembles a node and runs it. */
module nokv.launcher {
  requires nokv.spi;
}
