#!/usr/bin/env bash
# Builds Helm from its Go module and prints where it is. Some minutes the first time, nothing after that.
#   helm.sh         Helm 3, whose releases are Secrets
set -euo pipefail
. "$(dirname "$0")/env.sh"
HELM=$LAB_CACHE/helm-$LAB_HELM
if [ ! -x "$HELM" ]; then
  command -v go >/dev/null || die "Go is needed to build Helm and there is none: https://go.dev/dl"
  say "building Helm $LAB_HELM, which takes some minutes"
  mkdir -p "$LAB_CACHE"
  work=$(mktemp -d "$LAB_CACHE/helm.XXXXXX"); trap 'rm -rf "$work"' EXIT
  # What go install takes the version from is what `helm version` prints as its own.
  GOBIN=$work CGO_ENABLED=0 GOFLAGS=-buildvcs=false nice -n 10 \
    go install -trimpath -ldflags "-s -w -X helm.sh/helm/v3/internal/version.version=v$LAB_HELM" "helm.sh/helm/v3/cmd/helm@v$LAB_HELM"
  mv "$work/helm" "$HELM"
fi
printf '%s\n' "$HELM"
