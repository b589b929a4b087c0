#!/usr/bin/env bash
# k9s driven in a terminal against an archive: pods, a description, logs, events, nodes, a write that is refused.
#   tests/k9s.sh [BINARY]    # needs tmux, and Go 1.25 or newer to build k9s once: a few minutes; then half a minute
# BINARY has the feature serve; without one it is built. Everything is under target/ and ends with the script.
set -euo pipefail
cd "$(dirname "$0")/.."
version=v0.50.16
k9s=$PWD/target/tools/k9s/k9s
if [ -z "${1:-}" ]; then
  cargo build --quiet --features serve
fi
binary=$(realpath "${1:-target/debug/k8s-forensics}")
command -v tmux >/dev/null || { echo 'tmux is missing: apt-get install tmux' >&2; exit 1; }
if [ ! -x "$k9s" ]; then
  echo "building k9s $version, which takes some minutes" >&2
  (cd / && CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOBIN=$(dirname "$k9s") \
    nice go install -trimpath -ldflags '-s -w' "github.com/derailed/k9s@$version")
fi

archive=$PWD/fixtures/node-crash/archive
room=$(mktemp -d "$PWD/target/k9s.XXXXXX")
terminal() { tmux -L "k9s-$$" "$@"; }
finish() {
  local status=$?
  terminal kill-server 2>/dev/null || true
  [ -n "${KEEP:-}" ] || rm -rf "$room"
  [ "$status" = 0 ] || echo "FAILED (line ${BASH_LINENO[0]})"
}
trap finish EXIT

screen() { terminal capture-pane -p -t k9s; }
sees() { # sees PATTERN [SECONDS]: waits until a line of the screen has it
  local until=$((SECONDS + ${2:-30}))
  until screen | grep -Eq -- "$1"; do
    [ "$SECONDS" -lt "$until" ] || { echo "k9s does not show: $1"; screen; tail -5 "$room/k9s.log" 2>/dev/null; return 1; }
    sleep 0.3
  done
  echo "  shows: $1"
}
types() { terminal send-keys -t k9s "$@"; sleep 0.5; }
to() { # to VIEW: by its command
  types ":"; types "$1"; types Enter
}

# settings and state of its own, so that nobody's k9s is asked or changed
home=$room/home
mkdir -p "$home/config/k9s"
printf 'k9s:\n  skipLatestRevCheck: true\n  ui: {enableMouse: false, logoless: true}\n' >"$home/config/k9s/config.yaml"
terminal -f /dev/null new-session -d -s k9s -x 220 -y 50 \
  "env HOME='$home' XDG_CONFIG_HOME='$home/config' XDG_DATA_HOME='$home/data' XDG_STATE_HOME='$home/state' XDG_CACHE_HOME='$home/cache' \
   TERM=xterm-256color '$binary' serve '$archive' -- '$k9s' --logFile '$room/k9s.log' --splashless -A -c pods --write 2>'$room/serve.log'"

echo 'pods'
sees 'pods\(all\)\[9\]'
sees 'bank +frontend-6bdfff5b5c-5z7hb .* 1/1 +Running +6 '
echo 'describe'
types /; types 'frontend-6bdfff5b5c-5z7hb'; types Enter
sees 'frontend-6bdfff5b5c-5z7hb'
types d
sees 'Describe\(bank/frontend-6bdfff5b5c-5z7hb\)'
sees 'Controlled By: +ReplicaSet/frontend-6bdfff5b5c'
types G
sees 'Liveness probe failed|Back-off restarting|Unhealthy'
types Escape
echo 'logs'
sees 'pods\(all\)'
types l
sees 'frontend: started'
types Escape
sees 'pods\(all\)'
types p
sees 'frontend: SIGTERM'
types Escape
echo 'events'
to events
sees 'events\(all\)\[[1-9]'
types /; types NodeNotReady; types Enter
sees 'Normal +NodeNotReady +node/node-1|Warning +NodeNotReady +pod/database-0'
echo 'nodes'
to nodes
sees 'nodes\(all\)\[2\]|nodes\[2\]'
sees 'node-1'
echo 'a write'
to pods
sees 'pods\(all\)'
# what cannot be done is not offered, and what is offered all the same (it is a key of pods) does nothing
if screen | grep -E '> +(Delete|Edit|Scale|Restart)\b'; then echo 'k9s offers to change an archive'; exit 1; fi
types C-k
sleep 3
sees 'pods\(all\)\[9\]'
grep -q 'access denied for user' "$room/k9s.log" || { echo 'k9s was not told that nothing can be deleted'; exit 1; }
if grep -q 'panic' "$room/k9s.log"; then tail -20 "$room/k9s.log"; exit 1; fi
echo 'k9s reads an archive'
