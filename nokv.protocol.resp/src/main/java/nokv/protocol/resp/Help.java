package nokv.protocol.resp;

import java.util.Locale;

/** The reply to HELP of a command with subcommands. */
final class Help {
  private Help() {}

  static void reply(Call call, String... lines) {
    String container = call.name().substring(0, call.name().indexOf('|')).toUpperCase(Locale.ROOT);
    call.reply().array(lines.length + 3);
    call.reply().simple(container + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    for (String line : lines) call.reply().simple(line);
    call.reply().simple("HELP");
    call.reply().simple("    Prints this help.");
  }
}
