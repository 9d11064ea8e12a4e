package nokv.spi;

/**
 * A long-running service of a plugin: {@code store}, {@code tso}, {@code scheduler}. The launcher offers each as a command of that name.
 *
 * @param name one lower-case word
 * @param doc one sentence
 */
public record Role(String name, String doc, Start start) {
  /** Starts the service. */
  @FunctionalInterface
  public interface Start {
    /** Returns when the service is ready; closing what it returns stops it. */
    AutoCloseable start(NodeConfig config, Environment environment, PluginRegistry plugins);
  }
}
