#!/bin/sh
# assemble.sh LAUNCHER_JAR DISTRIBUTION: the last step of the build. Puts the launcher's jar, the start script and the folder for plugins into the distribution, whose
# lib/ holds the other jars already, and makes the AOT cache (class loading and linking done ahead, JEP 483/514/515) by a short run with real requests in it.
# Without a cache the program starts as well, only slower; so a failed training run is reported and does not fail the build.
set -eu
here=$(cd "$(dirname "$0")" && pwd); jar=$1; home=$2
cp "$jar" "$home/lib/"
mkdir -p "$home/bin" "$home/plugins"
cp "$here/bin/nokv-launcher" "$here/../../../../.mvn/find-jdk.sh" "$home/bin/"
cp "$here/../../../../LICENSE" "$here/../../../../raft_config.example.json" "$home/"
chmod +x "$home/bin/nokv-launcher"

work=$(mktemp -d "$home/train.XXXXXX"); server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
: >"$work/log"
train() { # one start that recovers, answers and stops; $1 = extra JVM options
  NOKV_OPTS="$1" "$home/bin/nokv-launcher" serve --workdir "$work/data" -Dresp.listen_addr=127.0.0.1:0 -Dmetrics.listen_addr=127.0.0.1:0 >"$work/log" 2>&1 &
  server=$!; waited=0
  until grep -q 'nokv: ready' "$work/log"; do
    waited=$((waited + 1))
    if ! kill -0 $server 2>/dev/null || [ $waited -gt 600 ]; then server=; return 1; fi
    sleep 0.1
  done
  "${JAVA_HOME:?}/bin/java" -Xshare:auto "$here/Train.java" "$work/log" >>"$work/log" 2>&1 || true
  kill -TERM $server; wait $server || true; server=
}
. "$home/bin/find-jdk.sh"
if train "" && train "-XX:AOTCacheOutput=$home/nokv.aot" && [ -f "$home/nokv.aot" ]; then :; else
  echo "nokv: no AOT cache was made, starts will be slower: $(tail -n 1 "$work/log" 2>/dev/null)" >&2
fi
rm -f "$home/nokv.aot.config"
touch "$home/built"
