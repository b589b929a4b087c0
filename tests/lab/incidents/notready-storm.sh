#!/usr/bin/env bash
# All nodes lose the API server for two minutes, as behind a load balancer that
# changes its address; their kubelets and pods live on. Every node turns NotReady
# in the same minute, and all come back together.
. "$(dirname "$0")/lib.sh"
cut() { iptables "$1" INPUT -i lab0 -p tcp --dport 6443 -j DROP; }
trap 'cut -D 2>/dev/null || true' EXIT
namespace fleet
noise
tolerations='tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 20}, {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 20}]'
server dispatch 3 "$(spread dispatch)" "$tolerations"
healthy 60 deployment/dispatch
caller tracker 3 dispatch "$(spread tracker)" "$tolerations"
healthy 60 deployment/tracker
sleep 45
onset
cut -I
began=$SECONDS
see 90 "every node NotReady" "test \$(kubectl get nodes --no-headers | grep -cw NotReady) = $LAB_NODES"
see 30 "the pods not ready in the API" "! k get pods -l app=dispatch -o jsonpath='{.items[*].status.conditions[?(@.type==\"Ready\")].status}' | grep True"
see 30 "the kubelets live on" "journal 1 kubelet 'Unable to update node status|Error updating node status|Failed to update lease'"
left=$((125 - SECONDS + began)); [ "$left" -le 0 ] || sleep "$left"
pods -o wide >&2; kubectl get nodes >&2
note "the nodes reach the API server again"
cut -D
see 120 "every node Ready" "test \$(kubectl get nodes --no-headers | grep -cw Ready) = $LAB_NODES"
see 60 "everything ready" "ready dispatch tracker"
sleep 20
finish
