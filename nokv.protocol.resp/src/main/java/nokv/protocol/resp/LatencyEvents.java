package nokv.protocol.resp;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What took longer than {@code latency-monitor-threshold}: per kind of event the worst of each second, of the last 160 seconds in which there was one. Thread-safe. */
final class LatencyEvents {
  private static final int SAMPLES = 160;

  private record Sample(long seconds, long millis) {}

  /** Of one kind of event. */
  private static final class Series {
    final Deque<Sample> samples = new ArrayDeque<>();
    long worstMillis;
  }

  private final Map<String, Series> byEvent = new TreeMap<>();

  synchronized void add(String event, long seconds, long millis) {
    Series series = byEvent.computeIfAbsent(event, none -> new Series());
    series.worstMillis = Math.max(series.worstMillis, millis);
    Sample last = series.samples.peekLast();
    if (last != null && last.seconds == seconds) {
      series.samples.removeLast();
      series.samples.add(new Sample(seconds, Math.max(last.millis, millis)));
      return;
    }
    series.samples.add(new Sample(seconds, millis));
    if (series.samples.size() > SAMPLES) series.samples.remove();
  }

  static void latest(Call call) {
    LatencyEvents events = call.server.latencyEvents();
    synchronized (events) {
      call.reply().array(events.byEvent.size());
      events.byEvent.forEach((event, series) -> {
        Sample last = series.samples.getLast();
        call.reply().array(4);
        call.reply().bulk(event);
        call.reply().integer(last.seconds);
        call.reply().integer(last.millis);
        call.reply().integer(series.worstMillis);
      });
    }
  }

  static void history(Call call) {
    LatencyEvents events = call.server.latencyEvents();
    List<Sample> samples;
    synchronized (events) {
      Series series = events.byEvent.get(call.text(2));
      samples = series == null ? List.of() : List.copyOf(series.samples);
    }
    call.reply().array(samples.size());
    for (Sample sample : samples) {
      call.reply().array(2);
      call.reply().integer(sample.seconds);
      call.reply().integer(sample.millis);
    }
  }

  static void reset(Call call) {
    LatencyEvents events = call.server.latencyEvents();
    int reset = 0;
    synchronized (events) {
      if (call.count() == 2) {
        reset = events.byEvent.size();
        events.byEvent.clear();
      }
      for (int i = 2; i < call.count(); i++) if (events.byEvent.remove(call.text(i)) != null) reset++;
    }
    call.reply().integer(reset);
  }

  static void doctor(Call call) {
    LatencyEvents events = call.server.latencyEvents();
    var text = new StringBuilder();
    synchronized (events) {
      events.byEvent.forEach((event, series) -> text.append(event).append(": ").append(series.samples.size()).append(" latency spikes, the worst of ").append(series.worstMillis)
          .append(" ms, the last of ").append(series.samples.getLast().millis).append(" ms\n"));
    }
    if (call.server.settings().latencyMillis() == 0) text.append("Latency is not monitored. CONFIG SET latency-monitor-threshold <milliseconds> turns it on.\n");
    else if (text.isEmpty()) text.append("No latency spike was observed.\n");
    call.reply().verbatim(text.toString());
  }

  static void graph(Call call) {
    LatencyEvents events = call.server.latencyEvents();
    var text = new StringBuilder();
    synchronized (events) {
      Series series = events.byEvent.get(call.text(2));
      if (series == null) throw new RedisError("ERR No samples available for event '" + call.text(2) + "'");
      text.append(call.text(2)).append(" - high ").append(series.worstMillis).append(" ms\n");
      for (Sample sample : series.samples) text.append(sample.seconds).append(' ').append("#".repeat((int) Math.max(1, sample.millis * 40 / Math.max(1, series.worstMillis)))).append('\n');
    }
    call.reply().verbatim(text.toString());
  }

  static void histogram(Call call) {
    var asked = new ArrayList<RedisCommand>();
    if (call.count() == 2) for (RedisCommand command : CommandTable.ALL) addWithSubcommands(asked, command);
    for (int i = 2; i < call.count(); i++) if (CommandTable.named(call.text(i).toLowerCase(Locale.ROOT)) instanceof RedisCommand command) addWithSubcommands(asked, command);
    var rows = call.server.commandFigures().rows();
    asked.removeIf(command -> !rows.containsKey(command));
    ReplyWriter reply = call.reply();
    reply.map(asked.size());
    for (RedisCommand command : asked) {
      CommandFigures.Row row = java.util.Objects.requireNonNull(rows.get(command));
      reply.bulk(command.name());
      reply.map(2);
      reply.bulk("calls");
      reply.integer(row.calls.sum());
      reply.bulk("histogram_usec");
      Map<Long, Long> histogram = row.histogram();
      reply.map(histogram.size());
      histogram.forEach((micros, calls) -> {
        reply.integer(micros);
        reply.integer(calls);
      });
    }
  }

  private static void addWithSubcommands(List<RedisCommand> asked, RedisCommand command) {
    if (command.subcommands().isEmpty()) asked.add(command);
    asked.addAll(command.subcommands());
  }

  static void help(Call call) {
    Help.reply(call, "DOCTOR", "    Return a human readable latency analysis report.", "GRAPH <event>", "    Return an ASCII latency graph for the <event> class.", "HISTORY <event>",
        "    Return time-latency samples for the <event> class.", "LATEST", "    Return the latest latency samples for all events.", "RESET [<event> ...]",
        "    Reset latency data of one or more <event> classes.", "    (default: reset all data for all event classes)", "HISTOGRAM [COMMAND ...]",
        "    Return a cumulative distribution of commands' latency in histogram format.");
  }
}
