# Sourced by the scripts beside it. Provides what a checkout needs and nothing else on the machine is asked for: a Node.js
# and an npm that fit (from the npm registry, into the ignored folder .tools, where the machine's do not), and the packages
# of the lockfile. A second start only compares two files.

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
tools=$checkout/.tools
# Node.js 20 crashes better-sqlite3; npm 9 and 11 stumble over our lockfile, 10 installs it everywhere.
node_version=24.21.0 node_major=24
npm_version=10.8.2 npm_major=10
# V8 guards code pages by hardware keys where the processor has them, and its book-keeping of them ends the process now and
# then when threads that used WebAssembly end ("Check failed: jit_page.has_value()", nodejs/node#64500).
node_options=(--no-memory-protection-keys)
# scripts/install leaves out what only tests need.
npm_ci_options=()

say() { printf 'larder: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# major v24.21.0 -> 24; 0 when the program is not there
major() { local text; text=$("$@" 2>/dev/null) || text=0; text=${text#v}; printf '%s' "${text%%.*}"; }

has_tools() { [ -x "$tools/node_modules/node/bin/node" ] && [ -f "$tools/node_modules/npm/bin/npm-cli.js" ] &&
  [ "$(cat "$tools/versions" 2>/dev/null)" = "$node_version $npm_version" ]; }

node_fits() { [ "$(major node --version)" -ge "$node_major" ] 2>/dev/null; }

# Both in one command: npm removes from the folder what a later command does not name.
get_tools() {
  command -v npm >/dev/null || fail 'npm is not installed. As root: apt-get install npm'
  say "getting Node.js $node_version and npm $npm_version into .tools (once)"
  mkdir -p "$tools"
  quietly npm install --prefix "$tools" --no-save --no-fund --no-audit "node@$node_version" "npm@$npm_version"
  printf '%s %s\n' "$node_version" "$npm_version" >"$tools/versions"
}

# Runs a command and shows what it said only when it fails.
quietly() {
  local said status=0
  said=$("$@" 2>&1 </dev/null) || status=$?
  [ "$status" = 0 ] || { printf '%s\n' "$said" >&2; fail "this failed: $*"; }
}

npm_ci() {
  if has_tools; then quietly "$node" "$tools/node_modules/npm/bin/npm-cli.js" ci --prefix "$checkout" "${npm_ci_options[@]}"
  else quietly npm ci --prefix "$checkout" "${npm_ci_options[@]}"; fi
}

packages_are_current() { cmp -s "$checkout/package-lock.json" "$checkout/node_modules/.larder-lock"; }

install_packages() {
  say 'installing the packages of package-lock.json (once, and after it changes)'
  npm_ci
  cp "$checkout/package-lock.json" "$checkout/node_modules/.larder-lock"
}

choose_node() {
  if has_tools; then node=$tools/node_modules/node/bin/node PATH=$tools/node_modules/node/bin:$PATH
  else node=$(command -v node); fi
}

# One at a time: two starts on a fresh clone would install over each other.
provide_locked() {
  has_tools || { node_fits && { packages_are_current || [ "$(major npm --version)" = "$npm_major" ]; }; } || get_tools
  choose_node
  packages_are_current || install_packages
}

provide() {
  if packages_are_current && { has_tools || node_fits; }; then choose_node; return; fi
  mkdir -p "$tools"
  exec 9>"$tools/lock"
  flock 9
  provide_locked
  exec 9>&-
}
