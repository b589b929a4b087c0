#!/usr/bin/env bash
# A workload of high priority arrives in a cluster that is full. The scheduler
# preempts pods of low priority for it, whose replacements find no room and stay
# Pending; who depends on them suffers. Then the newcomer is scaled down.
. "$(dirname "$0")/lib.sh"
namespace studio
kubectl delete priorityclass studio-urgent studio-background --ignore-not-found >/dev/null
noise
kubectl apply -f - >/dev/null <<'YAML'
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: studio-background}
value: -100
description: what may wait
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: studio-urgent}
value: 100000
description: live broadcasts
YAML
memory() { k patch deployment "$1" -p '{"spec":{"template":{"spec":{"containers":[{"name":"'"$1"'","resources":{"requests":{"memory":"'"$2"'"}}}]}}}}' >/dev/null; }
server preview 4 "$(spread preview)" 'priorityClassName: studio-background'
k patch deployment preview -p '{"spec":{"strategy":{"rollingUpdate":{"maxSurge":0}}}}' >/dev/null
memory preview 550Mi # four of them fill both nodes
healthy 90 deployment/preview
caller editor 2 preview "$(spread editor)"
server archive 2 "$(spread archive)"
healthy 60 deployment/editor deployment/archive
sleep 30
onset
k create deployment broadcast --image lab/busybox:1 --replicas 0 -- sh -c "trap 'exit 0' TERM; echo 'broadcast: on air'; sleep 3600 & wait" >/dev/null
k patch deployment broadcast -p '{"spec":{"replicas":4,"template":{"spec":{"priorityClassName":"studio-urgent","terminationGracePeriodSeconds":1,"containers":[{"name":"busybox","resources":{"requests":{"memory":"500Mi"}}}]}}}}' >/dev/null
see 30 "a pod preempted" "event Preempted preview"
see 60 "the broadcast running" "ready broadcast"
see 30 "replacements without room" "event FailedScheduling 'preview.*Insufficient memory'"
see 30 "no preview ready" "! k get endpointslices -l kubernetes.io/service-name=preview -o jsonpath='{.items[*].endpoints[*].conditions.ready}' | grep true"
see 30 "the editor not ready" "event Unhealthy 'editor-.*Readiness probe'"
see 5 "the archive untouched" "ready archive"
see 180 "the alert KubePodNotReady" "alert KubePodNotReady preview"
pods -o wide >&2
note "the broadcast ends"
k scale deployment broadcast --replicas 0 >/dev/null
see 60 "the preview back" "ready preview"
see 30 "the editor ready again" "ready editor"
sleep 10
finish
