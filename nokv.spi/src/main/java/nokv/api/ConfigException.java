package nokv.api;

/** A mistake in a config file, an option or the command line: what, where, and what was expected. Shown to people as one line. */
public final class ConfigException extends NoKVException {
  private static final long serialVersionUID = 1L;

  public ConfigException(String message) {
    super(message);
  }

  public ConfigException(String message, Throwable cause) {
    super(message, cause);
  }

}
