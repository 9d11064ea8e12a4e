package nokv.protocol.resp;

/** A user: the same object as long as there is one of this name, so that a connection sees each change of rights. Thread-safe. */
final class AclUser {
  static final String DEFAULT = "default";

  final String name;
  private volatile AclRights rights;

  AclUser(String name, AclRights rights) {
    this.name = name;
    this.rights = rights;
  }

  AclRights rights() {
    return rights;
  }

  void rights(AclRights changed) {
    rights = changed;
  }
}
