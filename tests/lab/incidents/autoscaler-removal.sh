#!/usr/bin/env bash
# A wrong number is given to the cluster autoscaler: a utilisation of 5.0 instead
# of 0.5 under which a node counts as unneeded. It removes both nodes of the pool
# apps, one after the other, and the workloads have nowhere to go. The autoscaler
# itself is not run here: this script does what it does, in its order and with its
# events and log lines (cluster-autoscaler 1.3x, core/scaledown), and the removed
# machines are really gone. Start the lab with LAB_NODES=3 (tests/record.sh does).
. "$(dirname "$0")/lib.sh"
[ "$LAB_NODES" -ge 3 ] || die "start the lab with LAB_NODES=3"
namespace campus
noise
kubectl label node node-1 node-2 pool=apps --overwrite >/dev/null
kubectl label node node-3 pool=operations --overwrite >/dev/null
system() { kubectl -n kube-system "$@"; }
system delete deployment cluster-autoscaler --ignore-not-found >/dev/null
system create configmap cluster-autoscaler-status --from-literal "status=Cluster-autoscaler status at $(date -u '+%F %T') +0000 UTC" --dry-run=client -o yaml | kubectl apply -f - >/dev/null
system apply -f - >/dev/null <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: cluster-autoscaler}
spec:
  selector: {matchLabels: {app: cluster-autoscaler}}
  template:
    metadata: {labels: {app: cluster-autoscaler}}
    spec:
      terminationGracePeriodSeconds: 1
      nodeSelector: {pool: operations}
      containers:
        - name: cluster-autoscaler
          image: lab/busybox:1
          command: [sh, -c, "trap 'exit 0' TERM; sleep 36000 & wait", cluster-autoscaler]
          args: [--scale-down-utilization-threshold=0.5, --scale-down-unneeded-time=20s, "--nodes=0:2:apps"]
YAML
system rollout status --timeout 60s deployment/cluster-autoscaler >/dev/null
server lectures 4 "$(spread lectures)" 'nodeSelector: {pool: apps}'
k patch deployment lectures -p '{"spec":{"template":{"spec":{"containers":[{"name":"lectures","resources":{"requests":{"memory":"300Mi"}}}]}}}}' >/dev/null
server notices 2 'nodeSelector: {pool: operations}'
healthy 90 deployment/lectures deployment/notices
caller timetable 2 lectures 'nodeSelector: {pool: operations}'
healthy 60 deployment/timetable
log() { # log FILE:LINE WORDS...: a line of the autoscaler's log, as klog writes it
  local place=$1; shift
  system exec -i deployment/cluster-autoscaler -- sh -c 'cat >/proc/1/fd/1' <<<"I$(date -u '+%m%d %H:%M:%S.%6N')       1 $place] $*"
}
tell() { # tell KIND NAMESPACE NAME REASON MESSAGE: an event of the autoscaler, about that object
  local id now; id=$(kubectl get "$1" ${2:+-n "$2"} "$3" -o jsonpath='{.metadata.uid}'); now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: Event
metadata: {name: $3.$(date +%s%N | xargs printf '%x'), namespace: ${2:-default}}
involvedObject: {apiVersion: v1, kind: $1, name: $3, ${2:+namespace: $2,} uid: "$id"}
reason: $4
message: "$5"
type: Normal
count: 1
firstTimestamp: $now
lastTimestamp: $now
source: {component: cluster-autoscaler}
reportingComponent: cluster-autoscaler
YAML
}
remove() { # remove N: node-N, as the autoscaler does: taint, events, evictions, the machine, the Node
  local node=node-$1 pod names
  names=$(k get pods --field-selector "spec.nodeName=$node,status.phase=Running" -o jsonpath='{.items[*].metadata.name}')
  kubectl taint node "$node" "ToBeDeletedByClusterAutoscaler=$(date +%s):NoSchedule" >/dev/null
  log delete.go:103 "Successfully added ToBeDeletedTaint on node $node"
  tell Node '' "$node" ScaleDown "marked the node as toBeDeleted/unschedulable"
  log actuator.go:220 "Scale-down: removing node $node, utilization: {0.02 0.43 0 memory 0.43}, pods to reschedule: ${names// /,}"
  tell ConfigMap kube-system cluster-autoscaler-status ScaleDown "Scale-down: removing node $node, utilization: {0.02 0.43 0 memory 0.43}, pods to reschedule: ${names// /,}"
  for pod in $names; do
    tell Pod "$ns" "$pod" ScaleDown "deleting pod for node scale down"
    kubectl create --raw "/api/v1/namespaces/$ns/pods/$pod/eviction" -f - >/dev/null <<<"{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{\"name\":\"$pod\",\"namespace\":\"$ns\"}}"
  done
  sleep 8
  log drain.go:175 "All pods removed from $node"
  "$LAB_DIR/node.sh" crash "$1"
  tell Node '' "$node" ScaleDown "node removed by cluster autoscaler"
  kubectl delete node "$node" --timeout 30s >/dev/null
  tell ConfigMap kube-system cluster-autoscaler-status ScaleDown "Scale-down: node $node removed with drain"
}
log static_autoscaler.go:310 "Starting main loop"
for i in 1 2; do log eligibility.go:104 "Node node-$i unremovable: memory requested (43.1% of allocatable) is above the scale-down utilization threshold"; done
sleep 30
onset
system patch deployment cluster-autoscaler -p '{"spec":{"template":{"spec":{"containers":[{"name":"cluster-autoscaler","args":["--scale-down-utilization-threshold=5.0","--scale-down-unneeded-time=20s","--nodes=0:2:apps"]}]}}}}' >/dev/null
system rollout status --timeout 60s deployment/cluster-autoscaler >/dev/null
sleep 2
log static_autoscaler.go:310 "Starting main loop"
for i in 1 2; do log nodes.go:84 "node-$i is unneeded since $(date -u '+%F %T.%N') +0000 UTC m=+4.18 duration 0s"; done
sleep 21
for i in 1 2; do log nodes.go:126 "node-$i was unneeded for 21.2s"; done
see 5 "its log" "system logs deployment/cluster-autoscaler | grep 'node-2 was unneeded'"
remove 1
see 30 "pods moved to node-2" "pods -l app=lectures -o wide | grep -w node-2"
sleep 12
remove 2
see 60 "lectures without a node" "event FailedScheduling 'lectures'"
for pod in $(k get pods -l app=lectures --field-selector status.phase=Pending -o jsonpath='{.items[*].metadata.name}'); do tell Pod "$ns" "$pod" NotTriggerScaleUp "pod didn't trigger scale-up: 1 in backoff after failed scale-up"; done
log orchestrator.go:185 "No expansion options"
see 60 "timetable not ready" "event Unhealthy 'timetable-.*Readiness probe'"
see 30 "lectures without a ready endpoint" "! k get endpointslices -l kubernetes.io/service-name=lectures -o jsonpath='{.items[*].endpoints[*].conditions.ready}' | grep true"
see 5 "notices untouched" "ready notices"
see 150 "the alert KubePodNotReady" "alert KubePodNotReady lectures"
pods -o wide >&2; kubectl get nodes >&2
note "two nodes are started by hand, which the autoscaler may not remove; its number stays, and so does its log"
for i in 4 5; do
  "$LAB_DIR/node.sh" start $i
  kubectl annotate node node-$i cluster-autoscaler.kubernetes.io/scale-down-disabled=true >/dev/null
  kubectl label node node-$i pool=apps --overwrite >/dev/null
done
see 120 "lectures back" "ready lectures"
see 60 "timetable back" "ready timetable"
finish
