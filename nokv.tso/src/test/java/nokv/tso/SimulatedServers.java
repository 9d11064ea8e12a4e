package nokv.tso;

import com.codahale.metrics.MetricRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import nokv.api.KvStore;
import nokv.api.Timestamp;
import nokv.api.UnavailableException;
import nokv.spi.Clock;
import nokv.spi.Environment;
import nokv.spi.MemoryBudget;
import nokv.spi.Oracle;
import nokv.spi.Register;
import nokv.spi.Replicator;
import nokv.spi.Timer;

/**
 * Several timestamp servers, their register and their clients in one thread from one seed. True time moves from event to event; every server has a wall clock that steps and a
 * monotonic clock that runs up to a twentieth too fast or too slow. A server may stand still at any event, and at any moment when it reads its monotonic clock: then the others
 * go on in the middle of its call. Register operations are delayed, lost before or after they take effect.
 */
final class SimulatedServers {
  static final Duration LEASE = Duration.ofSeconds(1);
  private static final long MILLI = 1_000_000;

  private record Event(long at, long order, Machine on, Runnable work) implements Comparable<Event> {
    @Override public int compareTo(Event other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
    }
  }

  private final SplittableRandom random;
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final List<Machine> machines = new ArrayList<>();
  private final long[] registers = new long[2];
  private final int trouble;
  private long now;
  private int pausesInCalls;
  private long order;
  private long answeredMax;
  long answers;
  long refusals;
  long takeovers;
  long longestGap;
  private long lastAnswer;

  /** @param trouble how many in a thousand register operations are lost or very late, and how many in four thousand calls are interrupted by a pause; 0 = none */
  SimulatedServers(long seed, int servers, int trouble) {
    random = new SplittableRandom(seed);
    this.trouble = trouble;
    for (int i = 0; i < servers; i++) machines.add(new Machine(i));
  }

  /** A process with a server, which is started anew when it is killed. */
  private final class Machine implements Clock, Timer, Replicator {
    final String name;
    double speed = 0.95 + random.nextDouble() * 0.1;
    long stepMillis = random.nextInt(-5_000, 5_000);
    long pausedUntil;
    int life;
    boolean mayPause;
    TimestampServer server;

    Machine(int index) {
      name = "server " + index;
      restart();
    }

    void restart() {
      life++;
      if (server != null) {
        takeovers += (Long) server.stats().get("takeovers");
        server.close();
      }
      var environment = new Environment(this, Runnable::run, Runnable::run, this, random::nextLong, new MemoryBudget(1 << 20), new MetricRegistry());
      server = new TimestampServer(environment, this, LEASE, name);
      int born = life;
      after(random.nextLong(20 * MILLI), this, () -> {
        if (life == born) server.start();
      });
    }

    @Override public long millis() {
      return 1_780_000_000_000L + now / MILLI + stepMillis;
    }

    @Override public long nanos() {
      long read = (long) (now * speed);
      if (mayPause && pausesInCalls < 2 && random.nextInt(4000) < trouble) {
        pausedUntil = now + random.nextLong(3 * LEASE.toNanos());
        mayPause = false;
        pausesInCalls++;
        runUntil(pausedUntil);
        pausesInCalls--;
      }
      return read;
    }

    @Override public Cancellable schedule(Duration delay, Runnable task) {
      int born = life;
      boolean[] cancelled = {false};
      after((long) (delay.toNanos() / speed), this, () -> {
        if (!cancelled[0] && life == born) task.run();
      });
      return () -> cancelled[0] = true;
    }

    @Override public Register register(String registerName) {
      int index = registerName.equals(TimestampServer.CEILING) ? 0 : 1;
      return new Register() {
        @Override public CompletionStage<Long> read() {
          return operation(() -> registers[index]);
        }

        @Override public CompletionStage<Boolean> compareAndSet(long expected, long next) {
          return operation(() -> {
            // As where a replicator asks again after a lost answer: who finds his value there is told that it was done.
            if (registers[index] == next) return true;
            if (registers[index] != expected) return false;
            registers[index] = next;
            return true;
          });
        }
      };
    }

    private <T> CompletionStage<T> operation(Supplier<T> effect) {
      var answer = new CompletableFuture<T>();
      int born = life;
      boolean lostBefore = random.nextInt(1000) < trouble;
      boolean lostAfter = random.nextInt(1000) < trouble;
      if (lostBefore) {
        if (random.nextBoolean()) after(delay(), this, () -> answer.completeExceptionally(new UnavailableException("lost")));
        return answer;
      }
      after(delay(), null, () -> {
        T value = effect.get();
        after(delay(), this, () -> {
          if (life != born) return;
          if (!lostAfter) answer.complete(value);
          else if (random.nextBoolean()) answer.completeExceptionally(new UnavailableException("lost"));
        });
      });
      return answer;
    }

    @Override public KvStore store(Oracle oracle) {
      throw new UnsupportedOperationException();
    }

    @Override public CompletionStage<Long> newestVersion() {
      return CompletableFuture.completedFuture(17L);
    }

    @Override public Map<String, Object> stats() {
      return Map.of();
    }

    @Override public void close() {}
  }

  private long delay() {
    return random.nextInt(1000) < trouble ? random.nextLong(2 * LEASE.toNanos()) : random.nextLong(10 * MILLI);
  }

  private void after(long nanos, Machine on, Runnable work) {
    events.add(new Event(now + nanos, order++, on, work));
  }

  private void runUntil(long end) {
    for (Event event; (event = events.peek()) != null && event.at <= end; ) {
      events.poll();
      now = Math.max(now, event.at);
      if (event.on != null && event.on.pausedUntil > now) events.add(new Event(event.on.pausedUntil, event.order, event.on, event.work));
      else event.work.run();
    }
    now = Math.max(now, end);
  }

  /** A client that keeps asking: the timestamp must be above all that were answered, to anyone, before it asked. */
  private void client() {
    long floor = answeredMax;
    Machine machine = machines.get(random.nextInt(machines.size()));
    int born = machine.life;
    int count = random.nextInt(8) == 0 ? random.nextInt(1, 2_000) : 1;
    after(random.nextLong(5 * MILLI), machine, () -> {
      if (machine.life != born) return;
      machine.mayPause = true;
      long first = machine.server.take(count);
      machine.mayPause = false;
      if (machine.life != born) return;
      after(delay(), null, () -> answer(machine, floor, first, count));
    });
    after(random.nextLong(20 * MILLI), null, this::client);
  }

  private void answer(Machine machine, long floor, long first, int count) {
    if (first == 0) {
      refusals++;
      return;
    }
    if (first <= floor) throw new AssertionError(machine.name + " gave " + first + " though " + floor + " had been answered before it was asked, " + now / MILLI + " ms after the start");
    if (first <= 17) throw new AssertionError(first + " is not above the newest version");
    answeredMax = Math.max(answeredMax, first + count - 1);
    answers++;
    longestGap = Math.max(longestGap, now - lastAnswer);
    lastAnswer = now;
  }

  /** Pauses, kills and steps of clocks, once in a while. */
  private void disturb() {
    Machine machine = machines.get(random.nextInt(machines.size()));
    switch (random.nextInt(4)) {
      case 0 -> machine.pausedUntil = Math.max(machine.pausedUntil, now + random.nextLong(3 * LEASE.toNanos()));
      case 1 -> machine.stepMillis += random.nextInt(-20_000, 20_000);
      case 2 -> {
        if (machine.pausedUntil <= now) machine.restart();
      }
      default -> {
        if (machine.pausedUntil <= now) machine.pausedUntil = now + LEASE.toNanos() * 9 / 10 + random.nextLong(LEASE.toNanos() / 5);
      }
    }
    after(random.nextLong(2 * LEASE.toNanos()), null, this::disturb);
  }

  /** Kills whoever serves; returns the milliseconds until a timestamp was answered again. */
  long killTheOneThatServes() {
    Machine holder = machines.stream().filter(machine -> machine.server.serving()).findFirst().orElseThrow(() -> new AssertionError("nobody serves"));
    holder.pausedUntil = Long.MAX_VALUE;
    runUntil(now + 15 * MILLI);
    long killed = now;
    long before = answers;
    while (answers == before && now < killed + 60_000 * MILLI) runUntil(now + MILLI);
    return (now - killed) / MILLI;
  }

  void run(Duration time, boolean disturbed) {
    client();
    if (disturbed) disturb();
    proceed(time);
  }

  void proceed(Duration time) {
    runUntil(now + time.toNanos());
  }

  long takeovers() {
    return takeovers + machines.stream().mapToLong(machine -> (Long) machine.server.stats().get("takeovers")).sum();
  }

  /** How far the greatest timestamp is ahead of true time, in milliseconds; negative = behind. */
  long aheadMillis() {
    return Timestamp.physicalMillis(answeredMax) - (1_780_000_000_000L + now / MILLI);
  }
}
