#!/usr/bin/env bash
# Every fuzz target in turn, from seeds that are written here and from what earlier runs kept:
#   fuzz/run.sh                  ten minutes each
#   fuzz/run.sh 60               so many seconds each
#   fuzz/run.sh 0 lines checks   only replays the corpus of these
# Stops at the first target that finds something; cargo-fuzz says where that lies.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
shift || true
command -v cargo-fuzz >/dev/null || cargo install --quiet --locked cargo-fuzz
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo fuzz list)

seed() { # seed TARGET FILE...: copies files that are small enough
  local target=$1 file; shift
  mkdir -p "fuzz/corpus/$target"
  for file in "$@"; do
    head -c 65536 "$file" >"fuzz/corpus/$target/$(echo "$file" | tr / _)"
  done
}
mkdir -p fuzz/corpus/reader fuzz/corpus/repair fuzz/corpus/lines
fuzz/seeds.py fuzz/corpus/reader
cp fuzz/corpus/reader/* fuzz/corpus/repair/
fuzz/lines.py fuzz/corpus/lines
fuzz/tars.py fuzz/corpus/tar
cp fuzz/corpus/reader/* fuzz/corpus/tar/
fuzz/beside.py fuzz/corpus
seed checks fixtures/docker-lockup/runs.csv fixtures/chaos-toolkit/chaos-journal.json
mkdir -p fuzz/corpus/gitops && split -l 1 tests/data/gitops/objects.jsonl fuzz/corpus/gitops/object-
seed inputs fixtures/docker-lockup/archive/objects/namespaces/ci/events.jsonl
seed journal_forms tests/data/journal-forms/*
seed loose fixtures/memory-cascade/archive/describe/namespaces/*/pods/*.txt fixtures/memory-cascade/archive/describe/nodes/*.txt
seed rules tests/data/rules/*/*.yaml src/signals/catalogue/*.yaml src/cascade/links/*.yaml
seed series fixtures/docker-lockup/archive/metrics/*.json
seed templates fixtures/docker-lockup/archive/nodes/*/journal/*.log
seed redact fixtures/docker-lockup/archive/nodes/*/journal/*.log

limit=(-max_total_time="$seconds")
[ "$seconds" != 0 ] || limit=(-runs=0)
for target in "${targets[@]}"; do
  echo "== $target"
  cargo fuzz run --sanitizer none "$target" -- "${limit[@]}" -max_len=65536 -timeout=10 -rss_limit_mb=512 -verbosity=0
done
