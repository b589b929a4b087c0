#!/usr/bin/env bash
# As memory-cascade, but the alerter stands on node-2, beside Prometheus, which is
# killed or evicted. Somebody moves monitoring to node-1, which is healthy and
# stays so: what moved was a victim, and the failure does not follow it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-alerter.sh"
namespace platform
noise
alerter_workloads 'nodeSelector: {kubernetes.io/hostname: node-2}' 'nodeSelector: {kubernetes.io/hostname: node-1}'
sleep 20
onset
grown
see 120 "the kernel kill a process on node-2, or the kubelet evict a pod" "journal 2 kernel 'Memory cgroup out of memory: Killed process' || event Evicted"
see 60 "web not ready" "event Unhealthy '/web-.*Readiness probe failed'"
see 120 "Prometheus killed or evicted" "ended prometheus monitoring"
see 60 "memory pressure on node-2" "event NodeHasInsufficientMemory node-2 || event EvictionThresholdMet node-2"
sleep 15
kubectl get pods -A -o wide >&2
note "monitoring is moved to node-1"
for it in prometheus alertmanager; do kubectl -n monitoring patch deployment $it -p '{"spec":{"template":{"spec":{"nodeSelector":{"kubernetes.io/hostname":"node-1"}}}}}' >/dev/null; done
see 90 "Prometheus ready on node-1" "kubectl -n monitoring rollout status --timeout 1s deployment/prometheus && kubectl -n monitoring get pods -o wide | grep -E 'prometheus.*1/1.*node-1'"
note "left alone for a minute and a half"
sleep 90
see 5 "Prometheus still ready on node-1" "kubectl -n monitoring get pods -o wide | grep -E 'prometheus.*1/1.*node-1'"
kubectl get pods -A -o wide >&2
note "the config is taken back"
taken_back
sleep 30
pods -o wide >&2
finish
