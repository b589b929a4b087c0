#!/usr/bin/env bash
# Maintenance that goes well: a node is drained, its pods move within what their
# PodDisruptionBudgets allow, and it is uncordoned. Nobody is without an answer.
. "$(dirname "$0")/lib.sh"
trap 'kubectl uncordon node-1 >/dev/null 2>&1' EXIT
namespace ferry
server tickets 2 "$(spread tickets)"
server timetable 3 "$(spread timetable)"
apply <<'YAML'
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: tickets}
spec: {minAvailable: 1, selector: {matchLabels: {app: tickets}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: timetable}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: timetable}}}
YAML
healthy 60 deployment/tickets deployment/timetable
caller kiosk 2 tickets "$(spread kiosk)"
healthy 60 deployment/kiosk
sleep 45
onset
note "draining node-1"
kubectl drain node-1 --ignore-daemonsets --delete-emptydir-data --timeout 120s 2>&1 | tail -2 >&2
see 60 "everything ready on node-2" "ready tickets timetable kiosk && ! pods -o wide | grep -w node-1"
sleep 60 # maintenance
kubectl uncordon node-1 >/dev/null
note "node-1 is uncordoned, and the next restart spreads the pods again"
k rollout restart deployment/tickets >/dev/null
see 60 "everything ready again" "ready tickets timetable kiosk"
sleep 45
see 5 "everything still ready" "ready tickets timetable kiosk"
finish
