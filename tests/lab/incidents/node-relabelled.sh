#!/usr/bin/env bash
# The label of a node's pool is renamed from web to edge. What runs there runs on,
# as a node selector counts only when a pod is placed, so nothing happens for about
# a minute, in which other, harmless changes are made. Then the scanner, which
# still asks for pool web, is released. It is replaced as a whole (Recreate), its
# old pods are gone and the new ones have no node. The belt, which asks the scanner,
# turns not ready. The release is taken back, which does not help, as the version
# before asks for the same pool. Then the scanner is made to ask for pool edge.
. "$(dirname "$0")/lib.sh"
namespace depot
noise
kubectl label node node-2 pool=web --field-manager pool-setup >/dev/null
server invoices 2 "$(spread invoices)"
server scanner 0 "nodeSelector: {pool: web}"
k patch deployment scanner -p '{"spec":{"replicas":2,"strategy":{"type":"Recreate","rollingUpdate":null}}}' >/dev/null
apply <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: invoices}
data: {currency: eur}
YAML
healthy 180 deployment/invoices deployment/scanner
caller belt 2 scanner "$(spread belt)"
caller mailer 2 invoices "$(spread mailer)"
healthy 120 deployment/belt deployment/mailer
sleep 10
ready invoices scanner belt mailer || die "not everything is ready"
onset
note "the node's label pool is renamed from web to edge"
kubectl label node node-2 pool=edge --overwrite >/dev/null
sleep 25
note "harmless changes"
k patch configmap invoices -p '{"data":{"currency":"usd"}}' >/dev/null
sleep 5
k scale deployment invoices --replicas 3 >/dev/null
see 60 "one more of the invoices" "ready invoices"
sleep 20
see 5 "everything ready until now" "ready invoices scanner belt mailer"
note "the scanner is released"
k set env deployment/scanner MODE=fast >/dev/null
see 90 "the scanner without a node" "event FailedScheduling 'scanner-.*affinity/selector'"
see 60 "no scanner ready" "! k get endpointslices -l kubernetes.io/service-name=scanner -o jsonpath='{.items[*].endpoints[*].conditions.ready}' | grep true"
see 90 "a belt probe fail" "event Unhealthy 'belt-.*Readiness probe'"
see 60 "no belt ready" "! k get pods -l app=belt -o jsonpath='{.items[*].status.conditions[?(@.type==\"Ready\")].status}' | grep True"
sleep 10
note "the release is taken back, which does not help"
k rollout undo deployment/scanner >/dev/null
sleep 15
see 5 "the scanner Pending all the same" "pods -l app=scanner | grep Pending"
see 5 "invoices and mailer ready all the while" "ready invoices mailer"
k get pods -o wide >&2
kubectl get nodes --show-labels >&2
note "the scanner asks for the pool by its new name"
k patch deployment scanner -p '{"spec":{"template":{"spec":{"nodeSelector":{"pool":"edge"}}}}}' >/dev/null
see 60 "the scanner back" "ready scanner"
see 60 "the belt ready again" "ready belt"
finish
