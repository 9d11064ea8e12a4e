package nokv.raftstore.store;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import nokv.raftstore.proto.Region;
import nokv.spi.RegionHook;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells hooks what becomes of a store's regions, as seen from one list of them to the next. {@link #regions} and {@link #leader} are called by the store loop, which never waits for a hook;
 * {@link #add} by anybody.
 */
final class RegionEvents {
  private static final Logger LOG = LoggerFactory.getLogger(RegionEvents.class);
  private static final int MAX_WAITING = 1 << 14;

  private final Executor tasks;
  private final List<RegionHook> hooks = new CopyOnWriteArrayList<>();
  private final Map<Long, Long> leaders = new HashMap<>();
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private boolean running;

  RegionEvents(Executor tasks) {
    this.tasks = tasks;
  }

  /** On the loop, so that it misses none and hears of none twice. @param present regions there are now */
  void add(RegionHook hook, List<Region> present) {
    hooks.add(hook);
    for (Region region : present) {
      post(() -> tell(hook, each -> each.opened(view(region))));
      Long leader = leaders.get(region.getId());
      if (leader != null) post(() -> tell(hook, each -> each.leaderChanged(view(region), leader)));
    }
  }

  void regions(List<Region> before, List<Region> now) {
    if (hooks.isEmpty()) return;
    var old = before.stream().collect(Collectors.toMap(Region::getId, Function.identity()));
    var current = now.stream().collect(Collectors.toMap(Region::getId, Function.identity()));
    for (Region region : now) {
      if (old.containsKey(region.getId())) continue;
      // Whose old bounds hold its first key was split before it.
      before.stream().filter(parent -> RegionState.range(parent).contains(region.getStartKey().toByteArray())).map(parent -> current.get(parent.getId()))
          .filter(parent -> parent != null && parent.getEpoch().getVersion() <= region.getEpoch().getVersion()).findFirst()
          .ifPresent(parent -> all(hook -> hook.split(view(parent), view(region))));
      all(hook -> hook.opened(view(region)));
    }
    for (Region region : before) {
      if (current.containsKey(region.getId())) continue;
      now.stream().filter(each -> RegionLife.hasTakenIn(each, region)).findFirst().ifPresent(into -> all(hook -> hook.merged(view(into), region.getId())));
      all(hook -> hook.closed(view(region)));
      leaders.remove(region.getId());
    }
  }

  /** @param storeId 0 = nobody is known to lead */
  void leader(Region region, long storeId) {
    Long before = leaders.put(region.getId(), storeId);
    if (before == null || before != storeId) all(hook -> hook.leaderChanged(view(region), storeId));
  }

  private static RegionHook.Region view(Region region) {
    return new RegionHook.Region(region.getId(), RegionState.range(region), region.getEpoch().getVersion(), region.getEpoch().getConfVersion());
  }

  private void all(Consumer<RegionHook> event) {
    if (!hooks.isEmpty()) post(() -> hooks.forEach(hook -> tell(hook, event)));
  }

  private static void tell(RegionHook hook, Consumer<RegionHook> event) {
    try {
      event.accept(hook);
    } catch (RuntimeException e) {
      LOG.warn("the region hook {} has failed", hook.getClass().getName(), e);
    }
  }

  private void post(Runnable event) {
    synchronized (waiting) {
      if (waiting.size() >= MAX_WAITING) {
        LOG.warn("{} events of regions wait for hooks, which do not keep up; one is dropped", waiting.size());
        return;
      }
      waiting.add(event);
      if (running) return;
      running = true;
    }
    tasks.execute(this::run);
  }

  private void run() {
    while (true) {
      Runnable event;
      synchronized (waiting) {
        event = waiting.poll();
        if (event == null) {
          running = false;
          return;
        }
      }
      event.run();
    }
  }
}
