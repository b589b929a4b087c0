#!/usr/bin/env bash
# Property tests on cases that no run has tried yet, as often as asked (5 times):
#   tests/search.sh [ROUNDS]
# What fails is printed with the seed that finds it again. Make a test of it.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t modules < <(grep -rl --include='*.rs' 'proptest!' src tests/it | sed -E 's#(/mod)?\.rs$##; s#.*/##' | sort -u)
for ((round = 1; round <= ${1:-5}; round++)); do
  PROPTEST_RNG_SEED=$(od -An -N6 -tu8 /dev/urandom | tr -d ' ')
  export PROPTEST_RNG_SEED
  echo "== PROPTEST_RNG_SEED=$PROPTEST_RNG_SEED"
  cargo test --quiet --lib --test it -- "${modules[@]}"
done
