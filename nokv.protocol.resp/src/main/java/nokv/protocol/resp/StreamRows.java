package nokv.protocol.resp;

import static nokv.protocol.resp.Access.NONE;
import static nokv.protocol.resp.Access.READ;
import static nokv.protocol.resp.Access.UPDATE;

import java.util.List;

/** Commands on streams. */
final class StreamRows {
  private StreamRows() {}

  static void addTo(List<RedisCommand> all) {
    var rows = new Rows(all, "stream");
    rows.add("xadd", -5, "write denyoom fast", "1 RW update", UPDATE, "5.0.0", "Appends a new entry to a stream", StreamCommands::xadd);
    rows.add("xtrim", -4, "write", "1 RW delete", UPDATE, "5.0.0", "Trims the stream to (approximately if '~' is passed) a certain size", StreamCommands::xtrim);
    rows.add("xlen", 2, "readonly fast prompt", "1 RO", READ, "5.0.0", "Return the number of entries in a stream", StreamCommands::xlen);
    rows.add("xdel", -3, "write fast", "1 RW delete", UPDATE, "5.0.0", "Removes the specified entries from the stream. Returns the number of items actually deleted, that may be different from the number of IDs passed in case certain IDs do not exist.", StreamCommands::xdel);
    rows.add("xrange", -4, "readonly", "1 RO access", READ, "5.0.0", "Return a range of elements in a stream, with IDs matching the specified IDs interval", StreamCommands::xrange);
    rows.add("xrevrange", -4, "readonly", "1 RO access", READ, "5.0.0", "Return a range of elements in a stream, with IDs matching the specified IDs interval, in reverse order (from greater to smaller IDs) compared to XRANGE", StreamCommands::xrange);
    rows.add("xsetid", -3, "write denyoom fast", "1 RW update", UPDATE, "5.0.0", "An internal command for replicating stream values", StreamCommands::xsetid);
    rows.add("xread", -4, "readonly blocking", "STREAMS@1/2 RO access", StreamReads::access, "5.0.0", "Return never seen elements in multiple streams, with IDs greater than the ones reported by the caller for each stream. Can block.", StreamReads::read);
    rows.add("xreadgroup", -7, "write blocking", "STREAMS@4/2 RO access", UPDATE, "5.0.0", "Return new entries from a stream using a consumer group, or access the history of the pending entries for a given consumer. Can block.", StreamReads::read);
    rows.add("xack", -4, "write fast prompt", "1 RW update", UPDATE, "5.0.0", "Marks a pending message as correctly processed, effectively removing it from the pending entries list of the consumer group. Return value of the command is the number of messages successfully acknowledged, that is, the IDs we were actually able to resolve in the PEL.", StreamGroups::xack);
    rows.add("xpending", -3, "readonly", "1 RO access", READ, "5.0.0", "Return information and entries from a stream consumer group pending entries list, that are messages fetched but never acknowledged.", StreamGroups::xpending);
    rows.add("xclaim", -6, "write fast", "1 RW update", UPDATE, "5.0.0", "Changes (or acquires) ownership of a message in a consumer group, as if the message was delivered to the specified consumer.", StreamGroups::xclaim);
    rows.add("xautoclaim", -6, "write fast", "1 RW delete", UPDATE, "6.2.0", "Changes (or acquires) ownership of messages in a consumer group, as if the messages were delivered to the specified consumer.", StreamGroups::xautoclaim);
    rows.add("xgroup", -2, "", "", NONE, "5.0.0", "A container for consumer groups commands", Rows::container, "",
        rows.row("xgroup|create", -5, "write denyoom", "2 RW insert", UPDATE, "5.0.0", "Create a consumer group.", StreamGroups::create),
        rows.row("xgroup|createconsumer", 5, "write denyoom", "2 RW insert", UPDATE, "6.2.0", "Create a consumer in a consumer group.", StreamGroups::createconsumer),
        rows.row("xgroup|delconsumer", 5, "write", "2 RW delete", UPDATE, "5.0.0", "Delete a consumer from a consumer group.", StreamGroups::delconsumer),
        rows.row("xgroup|destroy", 4, "write", "2 RW delete", UPDATE, "5.0.0", "Destroy a consumer group.", StreamGroups::destroy),
        rows.row("xgroup|help", 2, "loading stale", NONE, "5.0.0", "Show helpful text about the different subcommands", StreamGroups::help),
        rows.row("xgroup|setid", -5, "write", "2 RW update", UPDATE, "5.0.0", "Set a consumer group to an arbitrary last delivered ID value.", StreamGroups::setid));
    rows.add("xinfo", -2, "", "", NONE, "5.0.0", "A container for stream introspection commands", Rows::container, "",
        rows.row("xinfo|consumers", 4, "readonly", "2 RO access", READ, "5.0.0", "List the consumers in a consumer group", StreamInfo::consumers),
        rows.row("xinfo|groups", 3, "readonly", "2 RO access", READ, "5.0.0", "List the consumer groups of a stream", StreamInfo::groups),
        rows.row("xinfo|help", 2, "loading stale", NONE, "5.0.0", "Show helpful text about the different subcommands", StreamInfo::help),
        rows.row("xinfo|stream", -3, "readonly", "2 RO access", READ, "5.0.0", "Get information about a stream", StreamInfo::about).differs("radix-tree-keys and -nodes are what Redis would need at 100 entries each"));
  }
}
