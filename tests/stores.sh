#!/usr/bin/env bash
# Object stores against an S3 server that is not ours, moto's, which it installs from PyPI the first time; half a minute then.
#   tests/stores.sh     # needs python3 with venv, curl
# It knows parts, conditions, ranges and listings; it looks at neither signatures nor checksums, which `cargo test` does.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/target/tools/moto
if [ ! -x "$tools/bin/moto_server" ]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet 'moto[server]==5.2.1'
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
log=$(mktemp)
"$tools/bin/moto_server" -p "$port" >"$log" 2>&1 & server=$!
trap 'kill "$server" 2>/dev/null || true; rm -f "$log"' EXIT
for _ in $(seq 60); do curl -sf "http://127.0.0.1:$port/moto-api/" >/dev/null && break; sleep 1; done
curl -sf -X PUT "http://127.0.0.1:$port/incidents" >/dev/null || { tail -5 "$log"; exit 1; }
K8SF_S3=http://127.0.0.1:$port cargo test --features stores --test it -- --nocapture stores::real
