#!/usr/bin/env bash
# A network policy that admits nobody is put before a backend. The lab has no
# plugin that enforces policies, so this script does what one would: it drops the
# backend's traffic with iptables inside its node. The kubelet's own probes come
# from the node and still pass, so the backend looks well while its callers time
# out. Then the policy is corrected.
. "$(dirname "$0")/lib.sh"
inside() { ip netns exec node-2 "$@"; }
closed=
open() {
  while inside iptables -D FORWARD -m comment --comment policy -j POLICY 2>/dev/null; do :; done
  inside iptables -F POLICY 2>/dev/null; inside iptables -X POLICY 2>/dev/null; closed=
}
trap '[ -z "$closed" ] || open' EXIT
namespace market
noise
only() { echo "nodeSelector: {kubernetes.io/hostname: node-$1}"; }
server payments 2 "$(only 2)"
server prices 2 "$(spread prices)"
healthy 60 deployment/payments deployment/prices
caller checkout 3 payments "$(only 1)"
caller listing 2 prices "$(spread listing)"
healthy 60 deployment/checkout deployment/listing
sleep 45
onset
apply <<'YAML'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: payments-default-deny}
spec: {podSelector: {matchLabels: {app: payments}}, policyTypes: [Ingress], ingress: []}
YAML
inside iptables -N POLICY
for address in $(k get pods -l app=payments -o jsonpath='{.items[*].status.podIP}'); do inside iptables -A POLICY -d "$address" -j DROP; done
inside iptables -I FORWARD -m comment --comment policy -j POLICY; closed=1
see 60 "a checkout probe fail" "event Unhealthy 'checkout-.*Readiness probe'"
see 60 "no checkout ready" "! k get pods -l app=checkout -o jsonpath='{.items[*].status.conditions[?(@.type==\"Ready\")].status}' | grep True"
see 20 "errors in the callers' logs" "k logs -l app=checkout --tail 5 | grep 'no answer from payments'"
see 5 "payments ready all the while" "ready payments"
see 5 "listing ready all the while" "ready listing"
sleep 60
pods -o wide >&2
note "the policy is corrected: checkout is admitted"
apply <<'YAML'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: payments-default-deny}
spec: {podSelector: {matchLabels: {app: payments}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: checkout}}}]}]}
YAML
open
see 60 "checkout ready again" "ready checkout"
sleep 15
finish
