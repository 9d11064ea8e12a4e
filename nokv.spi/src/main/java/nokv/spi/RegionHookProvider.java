package nokv.spi;

/** Opens a {@link RegionHook}. Every one that is installed is opened with a cluster's store; none has to be named in the config. */
public interface RegionHookProvider extends Provider {
  RegionHook open(Environment environment, Options options, NodeConfig config);
}
