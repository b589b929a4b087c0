#!/usr/bin/env bash
# What `mcp` answers, asked by the protocol's own SDK for Python, over every recording:
#   tests/assistant.sh [BINARY]    # needs Python 3.11; a build with the feature mcp, which it makes if none is given
# Two minutes. What it installs is under target/.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${1:-}" ]; then
  cargo build --quiet --features mcp
fi
binary=$(realpath "${1:-target/debug/k8s-forensics}")
python=target/tools/assistant/bin/python
if ! "$python" -c 'import mcp' 2>/dev/null; then
  python3 -m venv target/tools/assistant
  target/tools/assistant/bin/pip install --quiet mcp==2.3.0
fi
room=$(mktemp -d "$PWD/target/assistant.XXXXXX")
trap 'rm -rf "$room"' EXIT
# What is kept for the next question lies beside an input: of copies, not of the recordings.
for archive in fixtures/*/archive fixtures/reports/*/archive; do
  name=$(basename "$(dirname "$archive")")
  mkdir -p "$room/$name"
  cp -r "$archive" "$room/$name/archive"
done
"$python" tests/assistant.py "$binary" "$room"/*/archive 2>"$room/said" || { grep -v '^note:' "$room/said"; exit 1; }
