#!/usr/bin/env bash
# Builds the program that makes troubleshoot's support bundles, some minutes the first time, and runs the live test
# of bundles made by it. Too long for every run of CI.
set -euo pipefail
. "$(dirname "$0")/env.sh"
need_root
version=$(sed -n 's|^\s*github.com/replicatedhq/troubleshoot \(v[0-9.]*\).*|\1|p' "$LAB_DIR/support-bundle/go.mod")
program=$LAB_CACHE/support-bundle-$version
if [ ! -x "$program" ]; then
  mkdir -p "$LAB_CACHE"
  say "building $(basename "$program"), which takes some minutes"
  # the tags its own Makefile builds with: without C libraries of file systems
  (cd "$LAB_DIR/support-bundle" && CGO_ENABLED=0 GOFLAGS=-buildvcs=false go build -trimpath -ldflags '-s -w' \
    -tags "netgo containers_image_ostree_stub exclude_graphdriver_devicemapper exclude_graphdriver_btrfs containers_image_openpgp" \
    -o "$program.new" github.com/replicatedhq/troubleshoot/cmd/troubleshoot)
  mv "$program.new" "$program"
fi
cd "$LAB_DIR/../.."
K8SF_LAB=1 K8SF_SUPPORT_BUNDLE=$program cargo test --test live -- bundles:: "$@"
