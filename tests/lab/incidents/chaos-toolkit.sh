#!/usr/bin/env bash
# A chaos experiment, run by the Chaos Toolkit itself: "Pod should be automatically
# killed and restarted when unhealthy", on the application of probe-failure. The
# hypothesis holds before and after: what the cluster does is what it should do.
. "$(dirname "$0")/lib.sh"
tools=$LAB_CACHE/chaostoolkit
if [ ! -x "$tools/bin/chaos" ]; then
  note "installing the Chaos Toolkit from PyPI into $tools"
  python3 -m venv "$tools.new"
  "$tools.new/bin/pip" install -q chaostoolkit==1.19.0 chaostoolkit-kubernetes==0.39.0 2>&1 | tail -3 >&2
  rm -rf "$tools"; mv "$tools.new" "$tools"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
namespace storefront
noise
apply <<'YAML'
apiVersion: v1
kind: Service
metadata: {name: catalog}
spec: {selector: {app: catalog}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: catalog}
spec:
  selector: {matchLabels: {app: catalog}}
  template:
    metadata: {labels: {app: catalog}}
    spec:
      terminationGracePeriodSeconds: 10
      containers:
        - name: catalog
          image: lab/busybox:1
          command:
            - sh
            - -c
            - |
              mkdir -p /www; echo ok >/www/healthz
              trap 'echo "catalog: SIGTERM received, finishing requests"; sleep 3; echo "catalog: shut down"; exit 0' TERM
              echo "catalog: listening on 8080"
              httpd -f -p 8080 -h /www & 
              wait
          readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 2, failureThreshold: 1}
          livenessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 3, failureThreshold: 3}
YAML
healthy 60 deployment/catalog
apply <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway}
spec:
  replicas: 2
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: gateway
          image: lab/busybox:1
          command: [sh, -c, "trap 'exit 0' TERM; echo 'gateway: started'; sleep 3600 & wait"]
          readinessProbe: {exec: {command: [sh, -c, "printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' | nc -w 1 $CATALOG_SERVICE_HOST 80 | grep -q '200 OK'"]}, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 1}
YAML
healthy 60 deployment/gateway
sleep 30
experiment=$(realpath "$(dirname "$0")/chaos-toolkit.json")
onset
( cd "$work" && "$tools/bin/python" "$tools/bin/chaos" --no-version-check run "$experiment" --journal-path journal.json ) >"$work/out" 2>&1 || note "the toolkit exited with $?"
sed 's/^/  /' "$work/out" >&2
cp "$work/journal.json" "$LAB_HOME/chaos-journal.json"
see 5 "the experiment completed" "grep '\"status\": \"completed\"' $work/journal.json"
see 5 "its hypothesis held" "grep '\"deviated\": false' $work/journal.json"
pod=$(pods -l app=catalog | cut -d' ' -f1)
see 5 "the kubelet kill the container" "event Killing 'catalog.*failed liveness probe'"
see 30 "one restart" "k get pod $pod -o jsonpath='{.status.containerStatuses[0].restartCount}' | grep -x 1"
see 20 "SIGTERM in the previous log" "k logs --previous $pod | grep 'SIGTERM received'"
see 60 "everything ready again" "ready catalog gateway"
sleep 10
finish
