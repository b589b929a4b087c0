#!/usr/bin/env bash
# The liveness probe of the visits asks their database, the records. It was added
# with a release shortly before, which went well. Then the records are scaled to
# zero for a piece of maintenance of a minute, which the visits could bear: they
# serve without. But now the kubelet ends each of them again and again, until all
# of them wait in CrashLoopBackOff at once and nobody answers the desk. When the
# records are back, each of the visits is well as soon as its wait is over. A
# harmless change is made meanwhile.
. "$(dirname "$0")/lib.sh"
namespace clinic
noise
server records 1
server pharmacy 2 "$(spread pharmacy)"
server visits 3 "$(spread visits)"
healthy 180 deployment/records deployment/pharmacy deployment/visits
caller desk 2 visits "$(spread desk)"
caller counter 2 pharmacy "$(spread counter)"
healthy 120 deployment/desk deployment/counter
note "a release of the visits: a liveness probe that asks the records"
k patch deployment visits -p "$(python3 -c 'import json,sys; print(json.dumps({"spec": {"template": {"spec": {"containers": [{"name": "visits", "livenessProbe": {"exec": {"command": ["sh", "-c", sys.argv[1]]}, "periodSeconds": 3, "timeoutSeconds": 3, "failureThreshold": 2}}]}}}}))' "$(asks records)")" >/dev/null
healthy 180 deployment/visits
sleep 20
ready records pharmacy visits desk counter || die "not everything is ready"
onset
note "maintenance: the records are scaled to zero"
k scale deployment records --replicas 0 >/dev/null
see 60 "a liveness probe fail" "event Unhealthy 'visits-.*Liveness probe'"
see 60 "a container ended" "event Killing 'visits-.*failed liveness probe'"
note "a harmless change: one more of the pharmacy"
k scale deployment pharmacy --replicas 3 >/dev/null
see 120 "the visits in CrashLoopBackOff" "pods -l app=visits | grep CrashLoopBackOff"
see 60 "no visits ready" "! k get endpointslices -l kubernetes.io/service-name=visits -o jsonpath='{.items[*].endpoints[*].conditions.ready}' | grep true"
see 60 "a desk probe fail" "event Unhealthy 'desk-.*Readiness probe'"
sleep 10
pods -o wide >&2
note "the maintenance is over"
k scale deployment records --replicas 1 >/dev/null
see 60 "the records back" "ready records"
see 120 "the visits back" "ready visits"
see 60 "the desk ready again" "ready desk"
see 5 "pharmacy and counter ready" "ready pharmacy counter"
finish
