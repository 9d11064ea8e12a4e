# Sourced by mvnw and nokv-launcher: exports JAVA_HOME pointing at a JDK 25 or newer, or ends with one line saying what is missing.
# Order: JAVA_HOME if it is new enough, then `java` on the PATH, then the JDKs installed where Linux distributions and macOS put them.

nokv_java_major() { # prints the feature release of the JDK at $1, or 0
  [ -x "$1/bin/javac" ] || { echo 0; return; }
  nokv_version=$(sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null)
  echo "${nokv_version:-0}"
}

nokv_find_jdk() {
  if [ -n "${JAVA_HOME:-}" ] && [ "$(nokv_java_major "$JAVA_HOME")" -ge 25 ]; then return 0; fi
  if command -v javac >/dev/null 2>&1; then
    nokv_home=$(readlink -f "$(command -v javac)"); nokv_home=${nokv_home%/bin/javac}
    if [ "$(nokv_java_major "$nokv_home")" -ge 25 ]; then JAVA_HOME=$nokv_home; export JAVA_HOME; return 0; fi
  fi
  for nokv_home in /usr/lib/jvm/* /opt/java/* /opt/jdk* "$HOME"/.sdkman/candidates/java/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    if [ "$(nokv_java_major "$nokv_home")" -ge 25 ]; then JAVA_HOME=$nokv_home; export JAVA_HOME; return 0; fi
  done
  return 1
}

nokv_find_jdk || {
  echo "nokv: no JDK 25 or newer found (looked at JAVA_HOME, the PATH and /usr/lib/jvm); install one, for example Temurin 25, or set JAVA_HOME." >&2
  exit 1
}
