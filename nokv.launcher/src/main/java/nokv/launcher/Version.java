package nokv.launcher;

/** The version of this build, from the module or the jar that holds it. */
final class Version {
  static final String TEXT = text();

  private Version() {}

  private static String text() {
    var descriptor = Version.class.getModule().getDescriptor();
    return descriptor == null ? "(development)" : descriptor.rawVersion().orElse("(development)");
  }
}
