#!/usr/bin/env bash
# A new version of a chart gives the Service of the prices another selector, which
# asks for a label that the pods do not have: a Deployment's labels are older than
# the chart and were left as they are. Not a pod fails, all three prices are ready,
# but their Service has none of them. The checkout, which asks it, turns not ready,
# and so does the storefront, which asks the checkout. Shortly before, the prices
# were released with another log level, which went well, and while it lasts the
# catalog is scaled, which is harmless. The prices are restarted, as a remedy,
# which does not help; then the selector is put back.
. "$(dirname "$0")/lib.sh"
namespace boutique
noise
server prices 3 "$(spread prices)"
server catalog 2 "$(spread catalog)"
caller search 2 catalog "$(spread search)"
healthy 180 deployment/prices deployment/catalog deployment/search
# a checkout that is ready while the prices answer
server checkout 0 "$(spread checkout)"
k patch deployment checkout -p "$(python3 -c 'import json,sys; print(json.dumps({"spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "checkout", "readinessProbe": {"httpGet": None, "exec": {"command": ["sh", "-c", sys.argv[1]]}, "periodSeconds": 3, "timeoutSeconds": 3, "failureThreshold": 2}}]}}}}))' "$(asks prices)")" >/dev/null
healthy 120 deployment/checkout
caller storefront 2 checkout "$(spread storefront)"
healthy 120 deployment/storefront
note "a release of the prices that goes well"
k set env deployment/prices LOG_LEVEL=info >/dev/null
healthy 180 deployment/prices
sleep 20
ready prices catalog search checkout storefront || die "not everything is ready"
onset
note "the chart's new version: the Service of the prices selects by another label"
# as Helm does it: server-side, as a manager of its own, which then owns the selector
k apply --server-side --force-conflicts --field-manager helm -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Service
metadata:
  name: prices
  labels: {app.kubernetes.io/name: prices, helm.sh/chart: prices-2.0.0}
spec: {selector: {app.kubernetes.io/name: prices}, ports: [{port: 80, targetPort: 8080}]}
YAML
see 60 "the Service without endpoints" "! k get endpointslices -l kubernetes.io/service-name=prices -o jsonpath='{.items[*].endpoints[*].conditions.ready}' | grep true"
see 90 "a checkout probe fail" "event Unhealthy 'checkout-.*Readiness probe'"
see 90 "a storefront probe fail" "event Unhealthy 'storefront-.*Readiness probe'"
see 60 "no storefront ready" "! k get pods -l app=storefront -o jsonpath='{.items[*].status.conditions[?(@.type==\"Ready\")].status}' | grep True"
note "a harmless change: one catalog more"
k scale deployment catalog --replicas 3 >/dev/null
see 60 "the catalog whole" "ready catalog"
sleep 10
see 5 "the prices all ready" "ready prices"
note "the prices are restarted, which does not help"
k rollout restart deployment/prices >/dev/null
see 120 "the prices whole again" "ready prices"
sleep 15
see 5 "still no endpoint" "! k get endpointslices -l kubernetes.io/service-name=prices -o jsonpath='{.items[*].endpoints[*].conditions.ready}' | grep true"
see 5 "catalog and search ready" "ready catalog search"
k get pods,services,endpointslices -o wide >&2
note "the selector is put back"
k patch service prices -p '{"spec":{"selector":{"app":"prices","app.kubernetes.io/name":null}}}' >/dev/null
see 120 "the checkout back" "ready checkout"
see 120 "the storefront back" "ready storefront"
finish
