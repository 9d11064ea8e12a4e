package nokv.protocol.resp;

import static nokv.protocol.resp.Access.ALONE;
import static nokv.protocol.resp.Access.NONE;
import static nokv.protocol.resp.Access.READ;
import static nokv.protocol.resp.Access.UPDATE;

import java.util.List;

/** Commands on scripts and functions. */
final class ScriptRows {
  private ScriptRows() {}

  static void addTo(List<RedisCommand> all) {
    var rows = new Rows(all, "scripting");
    String run = "noscript skip_monitor no_mandatory_keys stale";
    String runReadOnly = "readonly " + run;
    rows.add("eval", -3, run, "#2 RW access update", ALONE, "2.6.0", "Execute a Lua script server side", ScriptCommands::eval);
    rows.add("evalsha", -3, run, "#2 RW access update", ALONE, "2.6.0", "Execute a Lua script server side", ScriptCommands::evalsha);
    rows.add("eval_ro", -3, runReadOnly, "#2 RO access", ALONE, "7.0.0", "Execute a read-only Lua script server side", ScriptCommands::eval);
    rows.add("evalsha_ro", -3, runReadOnly, "#2 RO access", ALONE, "7.0.0", "Execute a read-only Lua script server side", ScriptCommands::evalsha);
    rows.add("fcall", -3, run, "#2 RW access update", ALONE, "7.0.0", "Invoke a function", FunctionCommands::fcall);
    rows.add("fcall_ro", -3, runReadOnly, "#2 RO access", ALONE, "7.0.0", "Invoke a read-only function", FunctionCommands::fcall);
    rows.add("script", -2, "", "", NONE, "2.6.0", "A container for Lua scripts management commands", Rows::container, "",
        rows.row("script|debug", 3, "noscript", NONE, "3.2.0", "Set the debug mode for executed scripts.", ScriptCommands::debug).differs("NO only"),
        rows.row("script|exists", -3, "noscript", READ, "2.6.0", "Check existence of scripts in the script cache.", ScriptCommands::exists),
        rows.row("script|flush", -2, "noscript", ALONE, "2.6.0", "Remove all the scripts from the script cache.", ScriptCommands::flush),
        rows.row("script|help", 2, "loading stale", NONE, "5.0.0", "Show helpful text about the different subcommands", ScriptCommands::help),
        rows.row("script|kill", 2, "noscript allow_busy", NONE, "2.6.0", "Kill the script currently in execution.", ScriptCommands::kill),
        rows.row("script|load", 3, "noscript stale", ALONE, "2.6.0", "Load the specified Lua script into the script cache.", ScriptCommands::load));
    rows.add("function", -2, "", "", NONE, "7.0.0", "A container for function commands", Rows::container, "",
        rows.row("function|delete", 3, "write noscript", ALONE, "7.0.0", "Delete a function by name", FunctionCommands::delete),
        rows.row("function|dump", 2, "noscript", ALONE, "7.0.0", "Dump all functions into a serialized binary payload", FunctionCommands::dump),
        rows.row("function|flush", -2, "write noscript", ALONE, "7.0.0", "Deleting all functions", FunctionCommands::flush),
        rows.row("function|help", 2, "loading stale", NONE, "7.0.0", "Show helpful text about the different subcommands", FunctionCommands::help),
        rows.row("function|kill", 2, "noscript allow_busy", NONE, "7.0.0", "Kill the function currently in execution.", FunctionCommands::kill),
        rows.row("function|list", -2, "noscript", ALONE, "7.0.0", "List information about all the functions", FunctionCommands::list),
        rows.row("function|load", -3, "write denyoom noscript", ALONE, "7.0.0", "Create a function with the given arguments (name, code, description)", FunctionCommands::load),
        rows.row("function|restore", -3, "write denyoom noscript", ALONE, "7.0.0", "Restore all the functions on the given payload", FunctionCommands::restore),
        rows.row("function|stats", 2, "noscript allow_busy", READ, "7.0.0", "Return information about the function currently running (name, description, duration)", FunctionCommands::stats));
  }
}
