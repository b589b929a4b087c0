#!/usr/bin/env bash
# Tables of many archives, asked by the engines that they are for:
#   tests/fleet.sh [BINARY [COUNT]]    # 12 archives; needs Python 3.11; SPARK=1 asks Spark too, which needs Java
# Makes archives from the recordings, analyses each, adds it to the tables, and compares what DuckDB and DataFusion answer
# with what the reports say one by one. MEASURE=1 prints time and memory. KEEP=DIR keeps what it makes, and goes on with it.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${1:-}" ]; then
  cargo build --quiet --features parquet
fi
binary=$(realpath "${1:-target/debug/k8s-forensics}")
count=${2:-12}

python=${PYTHON:-$PWD/target/tools/fleet/bin/python}
wanted=(duckdb==2.0.1 datafusion==55.0.0 pytz)
engines=(duckdb datafusion)
if [ -n "${SPARK:-}" ]; then
  wanted+=(pyspark==4.3.0) engines+=(spark)
fi
if ! "$python" -c 'import duckdb, datafusion' 2>/dev/null; then
  python3 -m venv "$PWD/target/tools/fleet"
  "$PWD/target/tools/fleet/bin/pip" install --quiet "${wanted[@]}"
fi

mkdir -p target
room=${KEEP:-$(mktemp -d "$PWD/target/fleet.XXXXXX")}
finish() {
  local status=$?
  [ "$status" = 0 ] || echo "FAILED (line ${BASH_LINENO[0]})"
  [ -n "${KEEP:-}" ] || rm -rf "$room"
  exit "$status"
}
trap finish EXIT
fleet() { "$python" tests/fleet.py "$@"; }
add() { "$binary" export "$room/reports/$1" --as parquet --partitioned "$room/tables" 2>/dev/null; }
sums() { (cd "$room/tables" && find . -type f -name '*.parquet' -print0 | sort -z | xargs -0 -r sha256sum); }

mkdir -p "$room/archives" "$room/reports" "$room/tables"
[ -n "$(ls "$room/archives")" ] || fleet make "$room/archives" "$count"
for archive in "$room"/archives/*.zip; do
  name=$(basename "$archive" .zip)
  [ -s "$room/reports/$name/report.json" ] || "$binary" analyze "$archive" -o "$room/reports/$name" >/dev/null 2>&1
done

# One that is added changes no file of the others, and added again it gives the same files.
rm -rf "$room/tables"/*
for report in "$room"/reports/*; do
  before=$(sums)
  add "$(basename "$report")"
  after=$(sums)
  [ -z "$(comm -23 <(echo "$before" | sort) <(echo "$after" | sort) | grep . || true)" ]
done
add "$(basename "$report")"
[ "$(sums)" = "$after" ]

fleet one-by-one "$room/reports" NodeNotReady >"$room/expected"
[ -s "$room/expected" ]
for engine in "${engines[@]}"; do
  fleet ask "$engine" "$room/tables" docs/fleet/clusters-with-signal.sql 2>/dev/null >"$room/said"
  # Engines print fractions of seconds as they like.
  sed -E 's/\.[0-9]+//g' "$room/said" | diff "$room/expected" - || { echo "$engine says otherwise"; exit 1; }
  for query in what-preceded factors-that-return; do
    fleet ask "$engine" "$room/tables" "docs/fleet/$query.sql" 2>/dev/null >"$room/$query.$engine"
    [ -s "$room/$query.$engine" ]
    diff "$room/$query.duckdb" "$room/$query.$engine"
  done
done

if [ -n "${MEASURE:-}" ]; then
  size() { find "$1" -name "$2" -printf '%s\n' | awk '{sum += $1} END {printf "%d files, %d bytes\n", NR, sum}'; }
  echo "archives: $(size "$room/archives" '*.zip')"
  echo "report.json: $(size "$room/reports" report.json)"
  echo "tables: $(size "$room/tables" '*.parquet')"
  for run in 1 2 3; do
    echo "one by one, $run: $(fleet measure "$python" tests/fleet.py one-by-one "$room/reports" NodeNotReady)"
    for engine in "${engines[@]}"; do
      echo "$engine, $run: $(fleet measure "$python" tests/fleet.py ask "$engine" "$room/tables" docs/fleet/clusters-with-signal.sql 2>/dev/null)"
    done
  done
fi
echo "$(find "$room/reports" -name report.json | wc -l) reports: ${engines[*]} say what the reports say"
