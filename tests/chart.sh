#!/usr/bin/env bash
# Has Helm judge the chart and compares what it makes of it with the manifests that are kept:
#   tests/chart.sh          lints, renders with other values, compares
#   tests/chart.sh write    writes deploy/manifests anew
# Builds Helm the first time (tests/lab/helm.sh), some minutes; then seconds. It needs no cluster.
set -euo pipefail
cd "$(dirname "$0")/.."
helm=$(tests/lab/helm.sh)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
chart=deploy/chart
# what Helm takes for the cluster where it asks none is older than the chart allows
kube=(--kube-version 1.34.0)
render() { "$helm" template k8s-forensics $chart --namespace k8s-forensics "${kube[@]}" "$@"; }

"$helm" lint --strict --quiet "${kube[@]}" $chart
render >"$out/collect.yaml"
render --set job.enabled=true --show-only templates/job.yaml >"$out/job.yaml"
render --set onAlert.enabled=true --show-only templates/on-alert.yaml >"$out/on-alert.yaml"
render --set recorder.enabled=true --show-only templates/recorder.yaml --show-only templates/cronjob.yaml >"$out/recorder.yaml"
if [ "${1:-}" = write ]; then
  cp "$out"/*.yaml deploy/manifests/
else
  for file in collect job on-alert recorder; do
    diff -u "deploy/manifests/$file.yaml" "$out/$file.yaml" ||
      { echo "deploy/manifests/$file.yaml is not what the chart makes; tests/chart.sh write" >&2; exit 1; }
  done
fi

# has WHAT TEXT OPTIONS...: whether the chart with these values makes a line of this text
has() {
  local what=$1 text=$2; shift 2
  render "$@" >"$out/rendered"
  grep -qF -- "$text" "$out/rendered" || { echo "$what: there is no: $text" >&2; exit 1; }
}
# hasnt WHAT TEXT OPTIONS...: whether it makes none
hasnt() {
  local what=$1 text=$2; shift 2
  render "$@" >"$out/rendered"
  ! grep -qF -- "$text" "$out/rendered" || { echo "$what: there is: $text" >&2; exit 1; }
}
bucket=(--set destination=s3://evidence/prod/ --set destinationSecret=bucket)
has 'a bucket' '- --to=s3://evidence/prod/' "${bucket[@]}"
has 'a bucket' 'secretRef: {name: bucket}' "${bucket[@]}"
has 'a bucket is asked for by name' 'kubernetes.io/metadata.name: kube-system' "${bucket[@]}"
has 'all rights' '- secrets' --set rbac.leaveOut=null
has 'a claim of one'\''s own' 'claimName: mine' --set storage.existingClaim=mine
has 'another volume' 'emptyDir:' --set storage.volume.emptyDir.sizeLimit=1Gi
has 'a name and password' '--basic-file=/etc/on-alert-access/pair' --set onAlert.enabled=true --set onAlert.auth.type=basic --set onAlert.auth.key=pair
has 'a matcher in quotes' '- "--match=alertname=~\"Kube.*\""' --set onAlert.enabled=true --set 'onAlert.match={alertname=~"Kube.*"}'
has 'the schedule' 'suspend: false' --set cronJob.suspend=false
recorder=(--set recorder.enabled=true)
has 'the recording is read by collections' '{name: K8S_FORENSICS_RECORDING, value: /recording}' "${recorder[@]}"
has 'the node of the recorder' 'app.kubernetes.io/component: recorder' "${recorder[@]}" --show-only templates/cronjob.yaml
has 'the recording is read on an alert' 'readOnly: true' "${recorder[@]}" --set onAlert.enabled=true --show-only templates/on-alert.yaml
has 'an affinity of one'\''s own stays' 'topologyKey: zone' "${recorder[@]}" --set 'run.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey=zone'
has 'a namespace to record' '- --namespace=shop' "${recorder[@]}" --set 'recorder.namespaces={shop}'
hasnt 'nobody reads it' 'K8S_FORENSICS_RECORDING' "${recorder[@]}" --set recorder.readFrom=nowhere
hasnt 'nobody can read an emptyDir' 'K8S_FORENSICS_RECORDING' "${recorder[@]}" --set recorder.storage.volume.emptyDir.sizeLimit=1Gi
hasnt 'any node' 'podAffinity' "${recorder[@]}" --set recorder.readFrom=anyNode
hasnt 'no recorder' 'recorder'
echo 'the chart is well, and the manifests are what it makes'
