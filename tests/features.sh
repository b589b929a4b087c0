#!/usr/bin/env bash
# Compiles the crate with each feature alone, so that none leans on another unseen. `.ci/run all` runs this; every run has the
# default ones, none and all. Some fourteen minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
features=$(cargo metadata --no-deps --format-version 1 | jq -r '.packages[0].features | keys[] | select(. != "default")')
for feature in $features; do
  printf '== %s\n' "$feature"
  cargo clippy --no-default-features --features "$feature" -- -D warnings
done
