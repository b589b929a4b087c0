#!/usr/bin/env bash
# A bad value is written into a ConfigMap that is read at start only. Nothing
# happens for minutes, in which other, harmless changes are made. Then a node is
# drained for maintenance, the pods start anew, read the value and end with an
# error. The drain is what everybody sees first, and not what is wrong; the
# incident is left as it is, for whoever comes to look.
. "$(dirname "$0")/lib.sh"
trap 'kubectl uncordon node-1 >/dev/null 2>&1' EXIT
namespace postal
noise
apply <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: sorting}
data: {lanes: "8", depot: north}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: tracking}
data: {refresh: 30s}
YAML
# shellcheck disable=SC2016 # for the pod's shell
SAYS='lanes=$(cat /config/lanes); [ "$lanes" -ge 1 ] 2>/dev/null || { echo "sorting: FATAL lanes must be a number of at least 1, is \"$lanes\"" >&2; exit 1; }; echo "sorting: $lanes lanes"' \
  server sorting 0 "$(on 1)" 'volumes: [{name: config, configMap: {name: sorting}}]'
k patch deployment sorting -p '{"spec":{"replicas":2,"template":{"spec":{"containers":[{"name":"sorting","volumeMounts":[{"name":"config","mountPath":"/config"}]}]}}}}' >/dev/null
server tracking 2 "$(spread tracking)"
healthy 60 deployment/sorting deployment/tracking
caller counter 2 sorting 'nodeSelector: {kubernetes.io/hostname: node-2}'
healthy 60 deployment/counter
sleep 20
onset
note "the bad value"
k patch configmap sorting -p '{"data":{"lanes":"eight"}}' >/dev/null
sleep 100
note "harmless changes"
k patch configmap tracking -p '{"data":{"refresh":"20s"}}' >/dev/null
sleep 45
k rollout restart deployment/tracking >/dev/null
see 60 "the tracking restarted, well" "ready tracking"
sleep 60
k annotate deployment counter team=letters >/dev/null
k scale deployment tracking --replicas 3 >/dev/null
sleep 60
see 5 "everything ready until now" "ready sorting tracking counter"
note "maintenance: node-1 is drained"
kubectl drain node-1 --ignore-daemonsets --delete-emptydir-data --timeout 60s 2>&1 | tail -1 >&2
see 60 "the sorting crash" "pods -l app=sorting | grep -E 'CrashLoopBackOff|Error'"
see 30 "why, in its log" "k logs -l app=sorting --tail 3 | grep 'FATAL lanes'"
see 60 "the counter not ready" "event Unhealthy 'counter-.*Readiness probe'"
see 120 "the alert KubePodCrashLooping" "alert KubePodCrashLooping sorting"
note "node-1 is uncordoned, which does not help"
kubectl uncordon node-1 >/dev/null
sleep 40
# not taken back here: that would replace the time of the change, and the pods that say what is wrong
see 5 "the sorting still down" "! k get endpointslices -l kubernetes.io/service-name=sorting -o jsonpath='{.items[*].endpoints[*].conditions.ready}' | grep true"
finish
