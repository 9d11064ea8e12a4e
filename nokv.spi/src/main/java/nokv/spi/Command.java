package nokv.spi;

import java.util.List;
import java.util.Map;

/**
 * Something an operator can ask of a plugin, such as {@code manifest}, {@code check} or {@code regions}. The launcher offers it by name, prints the result as a table or,
 * with {@code --json}, as it is.
 *
 * @param name one lower-case word, or two such as {@code region split}, which is offered as {@code split} of {@code region}; unique over all plugins of a node
 * @param doc one sentence
 * @param readOnly whether it changes nothing
 * @param options what it takes on its command line, as {@code --name value}
 */
public record Command(String name, String doc, boolean readOnly, List<Option> options, Action action) {
  /** Runs the command. */
  @FunctionalInterface
  public interface Action {
    /**
     * @return a JSON tree: maps with text keys, lists, texts, numbers, booleans; the key {@code ok} false makes the launcher exit with 1
     * @throws nokv.api.NoKVException shown as one line
     */
    Map<String, Object> run(Context context);
  }

  /**
   * What a command works on: a stopped node's directory, or a running cluster, of which it opens a client (a node without store id). It opens what it needs and closes it again.
   *
   * @param node the config with its directory, plugin choice and every plugin's options
   * @param plugins where the node's parts are found, those of the launcher's {@code plugins} folder included; {@link Node#assemble} opens them
   * @param arguments the command's own options
   */
  public record Context(NodeConfig node, Environment environment, PluginRegistry plugins, Options arguments) {}

  public static Command readOnly(String name, String doc, Action action) {
    return new Command(name, doc, true, List.of(), action);
  }
}
