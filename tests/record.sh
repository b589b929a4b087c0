#!/usr/bin/env bash
# Records an incident as a fixture, as root:
#   tests/record.sh SCENARIO     a script of tests/lab/incidents, without .sh
#   tests/record.sh SCENARIO-recorded
# A fresh lab, the incident, our collect, the lab taken down. SCENARIO-recorded is the same incident with our recorder running
# before it, and our collect only when the API server has forgotten the incident's events, which it does after a minute. Leaves
#   fixtures/SCENARIO/archive/       the archive, unpacked; of SCENARIO-recorded each of the recorder's segments, unpacked, in a
#                                    folder called as it is while it is written, and the archive of collect in archive/collected/
#   fixtures/SCENARIO/recorded.yaml  when, and with what
#   fixtures/SCENARIO/truth.yaml     a copy of the incident's, if it has one and there was none: correct it by hand to what happened
#                                    in this run, from its events and journals, never from an analysis of ours
# Then: tests/trim.py fixtures/SCENARIO, and look at what is left before it is committed.
set -euo pipefail
cd "$(dirname "$0")/.."
scenario=${1:?which incident of tests/lab/incidents?}
kind=${scenario%-recorded}
incident=tests/lab/incidents/$kind.sh
[ -x "$incident" ] || { echo "there is no $incident" >&2; exit 2; }
[ "$kind" = "$scenario" ] || export LAB_EVENT_TTL=${LAB_EVENT_TTL:-60s}
case $kind in # what the lab must be started with
docker-lockup) export LAB_DOCKER_NODES=${LAB_DOCKER_NODES:-2} ;;
disk-full) export LAB_NODE_DISK=${LAB_NODE_DISK:-400M} ;;
notready-storm | autoscaler-removal) export LAB_NODES=${LAB_NODES:-3} ;;
slow-etcd) export LAB_ETCD_SYNC=${LAB_ETCD_SYNC:-yes} ;;
esac
. tests/lab/env.sh
[ ! -e "$LAB_HOME/up" ] || die "a lab is up, and a recording starts with a fresh one: tests/lab/down.sh"
cargo build --quiet
program=$(realpath "${CARGO_TARGET_DIR:-target}")/debug/k8s-forensics

work=$(mktemp -d) recorder=''
trap '[ -z "$recorder" ] || kill "$recorder"; tests/lab/down.sh; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
tests/lab/up.sh || { tests/lab/down.sh; tests/lab/up.sh; }
if [ "$kind" != "$scenario" ]; then
  KUBECONFIG=$LAB_HOME/collector.kubeconfig "$program" record "$work/recording" --segment 3m 2>"$work/recorder" & recorder=$!
  wait_for 60 "the recorder" grep -q "recording into" "$work/recorder"
fi
"$incident" | tee "$work/times" || say "the incident lacks an expected effect, see above: record it again, or correct its truth"
time_of() { sed -n "s/^$1 //p" "$work/times"; }
onset=$(time_of onset) end=$(time_of end)
[ -n "$onset" ] && [ -n "$end" ] || die "$scenario has neither onset nor end"
only=()
if [ "$kind" != "$scenario" ]; then
  # what the recorder cannot have is asked for: objects as they are now, what containers print, and metrics; of the incident's
  # namespaces and of kube-system, to keep the fixture small
  only=(--only objects --only pod-logs --only prometheus --namespace kube-system)
  for name in $(kubectl get namespaces -o name | cut -d/ -f2 | grep -vE '^(default|kube-.*|monitoring)$'); do
    only+=(--namespace "$name")
  done
  forgotten() {
    kubectl get events -A -o jsonpath='{range .items[*]}{.lastTimestamp}{.eventTime}{"\n"}{end}' |
      sed 's/^null//' | awk -v end="$end" '$1 <= end {exit 1}'
  }
  wait_for 300 "the incident's events to be forgotten" forgotten
fi
since=$(($(date +%s) - $(date -d "$onset" +%s) + 180))
status=0
KUBECONFIG=$LAB_HOME/collector.kubeconfig "$program" collect -o "$work/$scenario.zip" --since "${since}s" "${only[@]}" || status=$?
[ $status = 0 ] || [ $status = 3 ] || die "collect exited $status"

target=fixtures/$scenario
mkdir -p "$target"; rm -rf "$target/archive"
unpack() { # unpack ZIP FOLDER: what is in the one folder of the zip
  unzip -q "$1" -d "$work/unpacked"
  mv "$work/unpacked"/* "$2"
}
if [ "$kind" = "$scenario" ]; then
  unpack "$work/$scenario.zip" "$target/archive"
else
  kill "$recorder"; wait "$recorder"; recorder=''
  mkdir "$target/archive"
  for segment in "$work"/recording/segment-*.zip; do unpack "$segment" "$target/archive/$(basename "$segment" .zip).open"; done
  unpack "$work/$scenario.zip" "$target/archive/collected"
fi
for extra in runs.csv chaos-journal.json; do
  [ ! -e "$LAB_HOME/$extra" ] || cp "$LAB_HOME/$extra" "$target/$extra"
done
cat >"$target/recorded.yaml" <<YAML
onset: $onset
end: $end
tool: $("$program" --version)
kubernetes: $LAB_KUBE
docker_nodes: "$LAB_DOCKER_NODES"
YAML
truth=tests/lab/incidents/$kind.truth.yaml
[ -e "$target/truth.yaml" ] || [ ! -e "$truth" ] || cp "$truth" "$target/truth.yaml"
du -sh "$target/archive" >&2
say "recorded $target; now tests/trim.py $target"
