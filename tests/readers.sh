#!/usr/bin/env bash
# What `export` writes, read by the programs that it is for, over every recording:
#   tests/readers.sh [BINARY]    # needs Python 3.11, Go, curl; a build with the feature parquet, which it makes if none is given
# The first time it builds a collector of OpenTelemetry, two minutes. Everything is under target/ and ends with the script.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/target/tools
if [ -z "${1:-}" ]; then
  cargo build --quiet --features parquet
fi
binary=$(realpath "${1:-target/debug/k8s-forensics}")

python=$tools/readers/bin/python
if ! "$python" -c 'import timesketch, pyarrow, perfetto, frictionless, jsonschema, pydot, pandas, flask' 2>/dev/null; then
  python3 -m venv "$tools/readers"
  # Of Timesketch its importer's own checks, which need no more of what it needs as a server than these.
  "$tools/readers/bin/pip" install --quiet pyarrow==26.0.1 perfetto==0.59.1 protobuf==7.36.2 frictionless==5.21.0 \
    jsonschema==4.26.0 pydot==4.0.1 timesketch==20261014 pandas==2.3.3 flask==3.1.3 pyyaml python-dateutil
fi

version=v0.165.0
collector=$tools/otel-collector/collector
if [ ! -x "$collector" ]; then
  mkdir -p "$tools/otel-collector"
  cat >"$tools/otel-collector/manifest.yaml" <<YAML
dist: {name: collector, output_path: $tools/otel-collector}
receivers: [{gomod: go.opentelemetry.io/collector/receiver/otlpreceiver $version}]
exporters: [{gomod: go.opentelemetry.io/collector/exporter/debugexporter $version}]
YAML
  (cd / && GOFLAGS=-mod=mod nice go run "go.opentelemetry.io/collector/cmd/builder@$version" \
    --config "$tools/otel-collector/manifest.yaml" >"$tools/otel-collector/build.log" 2>&1) \
    || { tail -5 "$tools/otel-collector/build.log"; exit 1; }
fi

room=$(mktemp -d "$PWD/target/readers.XXXXXX") server=''
finish() {
  local status=$?
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
  [ "$status" = 0 ] || echo "FAILED (line ${BASH_LINENO[0]})"
  [ -n "${KEEP:-}" ] || rm -rf "$room"
  exit "$status"
}
trap finish EXIT
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$room/collector.yaml" <<YAML
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:$port"}}}}
exporters: {debug: {verbosity: basic, sampling_initial: 1000000}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [debug]}}
YAML
"$collector" --config "$room/collector.yaml" >"$room/collector.log" 2>&1 & server=$!
for _ in $(seq 120); do grep -q 'Everything is ready' "$room/collector.log" && break; sleep 0.5; done

for recording in fixtures/*/archive; do
  name=$(basename "$(dirname "$recording")")
  "$binary" analyze "$recording" -o "$room/$name" >"$room/said" 2>&1 || { cat "$room/said"; exit 1; }
  for form in csv actions-csv jsonl timesketch llm dot otlp perfetto parquet; do
    "$binary" export "$room/$name" --as "$form" -o "$room/$name/$form.jsonl" 2>"$room/said" || { cat "$room/said"; exit 1; }
  done
  "$python" tests/readers.py "$room/$name" "http://127.0.0.1:$port/v1/traces" "$room/collector.log"
done
