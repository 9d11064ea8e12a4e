package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Everything the rules of one user say. Rules are applied to a copy of what holds, by one thread, before it is published; afterwards it is only read. */
final class AclRights {
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");
  private static final RedisError NO_HASH = new RedisError("The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters");

  private boolean enabled;
  private boolean withoutPassword;
  /** Whether RESTORE trusts this user; remembered and shown only, since everything restored is checked here. */
  private String sanitizing = "";
  /** SHA-256, as hexadecimal digits. */
  private final List<String> passwords = new ArrayList<>();
  /** The first is what rules outside of parentheses say. */
  private final List<AclSelector> selectors = new ArrayList<>(List.of(new AclSelector()));
  private boolean unrestricted;

  AclRights() {}

  AclRights(AclRights original) {
    enabled = original.enabled;
    withoutPassword = original.withoutPassword;
    sanitizing = original.sanitizing;
    passwords.addAll(original.passwords);
    selectors.clear();
    for (AclSelector each : original.selectors) selectors.add(new AclSelector(each));
    unrestricted = original.unrestricted;
  }

  /** What the default user may do until something else is said: everything, without a password. */
  static AclRights ofDefaultUser() {
    return new AclRights().with(List.of("+@all", "~*", "&*", "on", "nopass"), false);
  }

  /**
   * A copy with these rules applied to it. A selector's rules in parentheses may be spread over several.
   *
   * @param allChannels whether a reset, and a user made new, allows all channels
   * @throws RedisError as ACL SETUSER replies
   */
  AclRights with(List<String> rules, boolean allChannels) {
    var changed = new AclRights(this);
    StringBuilder selector = null;
    for (String rule : rules) {
      if (selector == null && rule.startsWith("(") && !rule.endsWith(")")) {
        selector = new StringBuilder(rule);
        continue;
      }
      if (selector != null) {
        selector.append(' ').append(rule);
        if (!rule.endsWith(")")) continue;
      }
      String whole = selector == null ? rule : selector.toString();
      selector = null;
      try {
        if (!whole.isEmpty()) changed.apply(whole, allChannels);
      } catch (RedisError e) {
        throw new RedisError("ERR Error in ACL SETUSER modifier '" + whole + "': " + e.text());
      }
    }
    if (selector != null) throw new RedisError("ERR Unmatched parenthesis in acl selector starting at '" + rules.stream().filter(rule -> rule.startsWith("(") && !rule.endsWith(")")).findFirst().orElse("") + "'.");
    changed.unrestricted = changed.selectors.stream().anyMatch(AclSelector::allowsEverything);
    return changed;
  }

  private void apply(String rule, boolean allChannels) {
    switch (rule.toLowerCase(Locale.ROOT)) {
      case "on" -> enabled = true;
      case "off" -> enabled = false;
      case "skip-sanitize-payload", "sanitize-payload" -> sanitizing = rule.toLowerCase(Locale.ROOT);
      case "nopass" -> {
        withoutPassword = true;
        passwords.clear();
      }
      case "resetpass" -> {
        withoutPassword = false;
        passwords.clear();
      }
      case "clearselectors" -> selectors.subList(1, selectors.size()).clear();
      case "reset" -> {
        for (String each : List.of("resetpass", "resetkeys", allChannels ? "allchannels" : "resetchannels", "off", "sanitize-payload", "clearselectors", "-@all")) apply(each, allChannels);
      }
      default -> applyMarked(rule);
    }
  }

  private void applyMarked(String rule) {
    switch (rule.charAt(0)) {
      case '>' -> addPassword(hash(rule.substring(1)));
      case '#' -> addPassword(checkedHash(rule.substring(1)));
      case '<' -> removePassword(hash(rule.substring(1)));
      case '!' -> removePassword(checkedHash(rule.substring(1)));
      case '(' -> {
        if (!rule.endsWith(")")) throw new RedisError("Syntax error");
        var selector = new AclSelector();
        for (String each : rule.substring(1, rule.length() - 1).trim().split(" +")) if (!each.isEmpty()) selector.apply(each);
        selectors.add(selector);
      }
      default -> selectors.getFirst().apply(rule);
    }
  }

  private void addPassword(String hash) {
    if (!passwords.contains(hash)) passwords.add(hash);
    withoutPassword = false;
  }

  private void removePassword(String hash) {
    if (!passwords.remove(hash)) throw new RedisError("The password you are trying to remove from the user does not exist");
  }

  private static String checkedHash(String hash) {
    if (!HASH.matcher(hash).matches()) throw NO_HASH;
    return hash;
  }

  private static String hash(String password) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(AclSelector.bytes(password)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  // Questions

  boolean isEnabled() {
    return enabled;
  }

  /** Whether any password is the right one; for the default user: whether nobody needs to log in. */
  boolean needsNoPassword() {
    return withoutPassword;
  }

  /** Takes the same time wherever a wrong password differs. */
  boolean accepts(byte[] password) {
    if (!enabled) return false;
    if (withoutPassword) return true;
    byte[] given = AclSelector.bytes(hash(AclSelector.text(password)));
    boolean found = false;
    for (String each : passwords) found |= MessageDigest.isEqual(given, AclSelector.bytes(each));
    return found;
  }

  /** Whether every command is allowed. */
  boolean isUnrestricted() {
    return unrestricted;
  }

  /** Null = allowed; of what selectors object, what came nearest. */
  @Nullable AclDenial check(RedisCommand command, byte[][] args) {
    if (unrestricted) return null;
    AclDenial nearest = null;
    for (AclSelector selector : selectors) {
      AclDenial denial = selector.check(command, args);
      if (denial == null) return null;
      int order = nearest == null ? 1 : denial.reason().compareTo(nearest.reason());
      if (order > 0 || order == 0 && denial.position() > java.util.Objects.requireNonNull(nearest).position()) nearest = denial;
    }
    return nearest;
  }

  /** Whether a command is allowed that also reads keys it does not name. */
  boolean allowsReadingAnyKey(RedisCommand command, byte[][] args) {
    return unrestricted || selectors.stream().anyMatch(selector -> selector.readsEveryKey() && selector.check(command, args) == null);
  }

  boolean allowsChannel(byte[] channel, boolean pattern) {
    return selectors.stream().anyMatch(selector -> selector.allowsChannel(channel, pattern));
  }

  boolean allowsAllChannels() {
    return selectors.stream().anyMatch(AclSelector::allowsAllChannels);
  }

  // Descriptions

  List<String> flags() {
    var flags = new ArrayList<String>();
    flags.add(enabled ? "on" : "off");
    if (withoutPassword) flags.add("nopass");
    if (!sanitizing.isEmpty()) flags.add(sanitizing);
    return flags;
  }

  List<String> passwords() {
    return passwords;
  }

  List<AclSelector> selectors() {
    return selectors;
  }

  /** Rules that give just these rights to a user who is new. */
  String describe() {
    var text = new StringBuilder(String.join(" ", flags()));
    for (String password : passwords) text.append(" #").append(password);
    for (AclSelector selector : selectors) {
      if (selector == selectors.getFirst()) text.append(' ').append(selector.describe());
      else text.append(" (").append(selector.describe()).append(')');
    }
    return text.toString();
  }

  /** What {@link #describe} gave. */
  static AclRights parse(String description) {
    return new AclRights().with(List.of(description.trim().split(" +")), false);
  }

  byte[] record() {
    byte[] text = describe().getBytes(StandardCharsets.ISO_8859_1);
    byte[] record = new byte[1 + text.length];
    record[0] = Metadata.FORMAT_VERSION;
    System.arraycopy(text, 0, record, 1, text.length);
    return record;
  }
}
