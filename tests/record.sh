#!/usr/bin/env bash
# Records an incident as a fixture, as root:
#   tests/record.sh SCENARIO     a script of tests/lab/incidents, without .sh
# A fresh lab, the incident, our collect, the lab taken down. Leaves
#   fixtures/SCENARIO/archive/       the archive, unpacked
#   fixtures/SCENARIO/recorded.yaml  when, and with what
#   fixtures/SCENARIO/truth.yaml     a copy of the incident's, if it has one and there was none: correct it by hand to what happened
#                                    in this run, from its events and journals, never from an analysis of ours
# Then: tests/trim.py fixtures/SCENARIO, and look at what is left before it is committed.
set -euo pipefail
cd "$(dirname "$0")/.."
scenario=${1:?which incident of tests/lab/incidents?}
incident=tests/lab/incidents/$scenario.sh
[ -x "$incident" ] || { echo "there is no $incident" >&2; exit 2; }
case $scenario in # what the lab must be started with
docker-lockup) export LAB_DOCKER_NODES=${LAB_DOCKER_NODES:-2} ;;
disk-full) export LAB_NODE_DISK=${LAB_NODE_DISK:-400M} ;;
notready-storm | autoscaler-removal) export LAB_NODES=${LAB_NODES:-3} ;;
slow-etcd) export LAB_ETCD_SYNC=${LAB_ETCD_SYNC:-yes} ;;
esac
. tests/lab/env.sh
[ ! -e "$LAB_HOME/up" ] || die "a lab is up, and a recording starts with a fresh one: tests/lab/down.sh"
cargo build --quiet
program=$(realpath "${CARGO_TARGET_DIR:-target}")/debug/k8s-forensics

work=$(mktemp -d)
trap 'tests/lab/down.sh; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
tests/lab/up.sh || { tests/lab/down.sh; tests/lab/up.sh; }
"$incident" | tee "$work/times" || say "the incident lacks an expected effect, see above: record it again, or correct its truth"
time_of() { sed -n "s/^$1 //p" "$work/times"; }
onset=$(time_of onset) end=$(time_of end)
[ -n "$onset" ] && [ -n "$end" ] || die "$scenario has neither onset nor end"
since=$(($(date +%s) - $(date -d "$onset" +%s) + 180))
status=0
KUBECONFIG=$LAB_HOME/collector.kubeconfig "$program" collect -o "$work/$scenario.zip" --since "${since}s" || status=$?
[ $status = 0 ] || [ $status = 3 ] || die "collect exited $status"

target=fixtures/$scenario
mkdir -p "$target"; rm -rf "$target/archive"
unzip -q "$work/$scenario.zip" -d "$work/unpacked"
mv "$work/unpacked"/* "$target/archive"
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
truth=tests/lab/incidents/$scenario.truth.yaml
[ -e "$target/truth.yaml" ] || [ ! -e "$truth" ] || cp "$truth" "$target/truth.yaml"
du -sh "$target/archive" >&2
say "recorded $target; now tests/trim.py $target"
