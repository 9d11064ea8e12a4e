package nokv.raftstore.raft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A data-driven test: commands, each with input lines, {@code ----}, the expected output up to a blank line. */
public record Transcript(List<Command> commands) {
  /** One command. Words of the first line are {@code arguments} (no '='), or {@code options}: {@code key=value} or {@code key=(a,b)}. */
  public record Command(int line, String name, List<String> arguments, Map<String, String> options, List<String> input, String expected) {
    public List<Long> ids() {
      return arguments.stream().map(Long::parseLong).toList();
    }

    public long number(int argument) {
      return Long.parseLong(arguments.get(argument));
    }

    public boolean flag(String option) {
      return Boolean.parseBoolean(options.getOrDefault(option, "false"));
    }

    /** The elements of an option {@code (a,b)}, or its only value. */
    public List<String> list(String option) {
      String text = options.getOrDefault(option, "").replaceAll("[()\\s]", "");
      return text.isEmpty() ? List.of() : List.of(text.split(","));
    }

    public long[] numbers(String option) {
      return list(option).stream().mapToLong(Long::parseLong).toArray();
    }
  }

  public static Transcript read(Path file) throws IOException {
    var lines = Files.readAllLines(file);
    var commands = new ArrayList<Command>();
    int at = 0;
    while (at < lines.size()) {
      String first = lines.get(at);
      if (first.isBlank() || first.startsWith("#")) {
        at++;
        continue;
      }
      int line = ++at;
      var input = new ArrayList<String>();
      while (!lines.get(at).equals("----")) input.add(lines.get(at++));
      at++;
      var expected = new StringBuilder();
      while (at < lines.size() && !lines.get(at).isBlank()) expected.append(lines.get(at++)).append('\n');
      commands.add(command(line, first, input, expected.toString()));
    }
    return new Transcript(commands);
  }

  private static Command command(int line, String text, List<String> input, String expected) {
    var words = words(text);
    var arguments = new ArrayList<String>();
    var options = new LinkedHashMap<String, String>();
    for (String word : words.subList(1, words.size())) {
      int equals = word.indexOf('=');
      if (equals < 0) arguments.add(word);
      else options.put(word.substring(0, equals), word.substring(equals + 1));
    }
    return new Command(line, words.getFirst(), arguments, options, input, expected);
  }

  /** Splits at blanks outside parentheses. */
  private static List<String> words(String text) {
    var words = new ArrayList<String>();
    var word = new StringBuilder();
    int depth = 0;
    for (char c : (text + " ").toCharArray()) {
      if (c == '(') depth++;
      if (c == ')') depth--;
      if (c != ' ' || depth > 0) {
        word.append(c);
      } else if (!word.isEmpty()) {
        words.add(word.toString());
        word.setLength(0);
      }
    }
    return words;
  }
}
