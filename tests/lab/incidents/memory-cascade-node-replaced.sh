#!/usr/bin/env bash
# As memory-cascade, but the sick node is deleted and replaced: node-1 goes, a new
# node-3 joins its pool, the alerter and its neighbour land there, and the same
# happens again. Replacing the node did not touch what was wrong.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-alerter.sh"
namespace platform
noise
kubectl label node node-1 pool=apps --overwrite >/dev/null
kubectl label node node-2 pool=operations --overwrite >/dev/null
alerter_workloads 'nodeSelector: {pool: apps}' 'nodeSelector: {pool: operations}'
sleep 20
onset
grown
see 120 "the kernel kill a process on node-1, or the kubelet evict a pod" "journal 1 kernel 'Memory cgroup out of memory: Killed process' || event Evicted"
see 30 "the cache or the alerter ended" "ended cache || ended alerter"
see 30 "web not ready" "event Unhealthy '/web-.*Readiness probe failed'"
see 60 "memory pressure on node-1" "event NodeHasInsufficientMemory node-1 || event EvictionThresholdMet node-1"
sleep 15
note "node-1 is deleted, and its machine with it"
kubectl delete node node-1 --timeout 30s >/dev/null
"$LAB_DIR/node.sh" crash 1
see 90 "the alerter without a node" "event FailedScheduling '/alerter-'"
sleep 15
note "node-3 joins in its place"
"$LAB_DIR/node.sh" start 3
kubectl label node node-3 pool=apps --overwrite >/dev/null
see 60 "node-3 Ready" "kubectl get node node-3 --no-headers | grep -w Ready"
see 90 "the alerter on node-3" "pods -l app=alerter -o wide | grep -w node-3"
see 120 "the kernel kill a process on node-3, or the kubelet evict a pod" "journal 3 kernel 'Memory cgroup out of memory: Killed process' || event Evicted alerter"
see 60 "memory pressure on node-3" "event NodeHasInsufficientMemory node-3 || event EvictionThresholdMet node-3"
sleep 20
pods -o wide >&2
note "the config is taken back"
taken_back
sleep 30
pods -o wide >&2
finish
