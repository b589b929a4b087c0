#!/usr/bin/env bash
# The quota of a namespace is set below what runs there already. A quota ends no
# pod, so nothing happens for minutes, in which other, harmless changes are made.
# Then a setting of the only database is changed, its StatefulSet deletes the pod
# and may not make it again; an API and a frontend follow. More replicas of the
# API, as a remedy, are refused by the same quota. Then the quota is raised.
. "$(dirname "$0")/lib.sh"
namespace harbour
noise
apply <<'YAML'
apiVersion: v1
kind: Service
metadata: {name: register}
spec: {selector: {app: register}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: register}
spec:
  serviceName: register
  selector: {matchLabels: {app: register}}
  template:
    metadata: {labels: {app: register}}
    spec:
      terminationGracePeriodSeconds: 3
      containers:
        - name: register
          image: lab/busybox:1
          command:
            - sh
            - -c
            - |
              trap 'echo "register: SIGTERM received, ending"; sleep 1; exit 0' TERM
              echo "register: starting, log level ${LOG_LEVEL:-debug}"
              mkdir -p /www; echo ok >/www/healthz
              echo "register: listening on 8080"
              httpd -f -p 8080 -h /www & wait
          resources: {requests: {cpu: 10m, memory: 16Mi}}
          readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 2, failureThreshold: 2}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: pilots}
data: {shift: early}
YAML
server pilots 3 "$(spread pilots)"
healthy 120 statefulset/register deployment/pilots
# an API that is ready while the database answers
server berths 0 "$(spread berths)"
k patch deployment berths -p "$(python3 -c 'import json,sys; print(json.dumps({"spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "berths", "readinessProbe": {"httpGet": None, "exec": {"command": ["sh", "-c", sys.argv[1]]}, "periodSeconds": 3, "timeoutSeconds": 3, "failureThreshold": 2}}]}}}}))' "$(asks register)")" >/dev/null
healthy 120 deployment/berths
caller gate 2 berths "$(spread gate)"
healthy 120 deployment/gate
# applied, where the raise below is a patch: of each manager the time of its last write is kept
quota() { printf '%s\n' 'apiVersion: v1' 'kind: ResourceQuota' 'metadata: {name: team}' "spec: {hard: {pods: \"$1\"}}" | apply; }
quota 12
wait_for 60 "the quota to count" bash -c "kubectl -n $ns get resourcequota team -o jsonpath='{.status.used.pods}' | grep -w 9"
sleep 20
onset
note "the quota is lowered: 6 pods, where 9 run"
quota 6
sleep 60
note "harmless changes"
k patch configmap pilots -p '{"data":{"shift":"late"}}' >/dev/null
sleep 40
k scale deployment pilots --replicas 2 >/dev/null
see 60 "one pilot less" "pods -l app=pilots | awk 'END {exit NR != 2}'"
sleep 50
see 5 "everything ready until now" "ready pilots berths gate && k rollout status --timeout 1s statefulset/register"
note "the log level of the register is changed"
k set env statefulset/register LOG_LEVEL=info >/dev/null
see 60 "the register's pod refused" "event FailedCreate 'StatefulSet/harbour/register.*exceeded quota: team'"
see 90 "a berths probe fail" "event Unhealthy 'berths-.*Readiness probe'"
see 90 "a gate probe fail" "event Unhealthy 'gate-.*Readiness probe'"
see 60 "no gate ready" "! k get pods -l app=gate -o jsonpath='{.items[*].status.conditions[?(@.type==\"Ready\")].status}' | grep True"
sleep 15
note "two berths more, which does not help"
k scale deployment berths --replicas 4 >/dev/null
see 60 "their pods refused" "event FailedCreate 'ReplicaSet/harbour/berths-.*exceeded quota: team'"
sleep 30
see 5 "pilots ready all the while" "ready pilots"
k get pods,resourcequota,statefulset -o wide >&2
note "the quota is raised"
k patch resourcequota team -p '{"spec":{"hard":{"pods":"20"}}}' >/dev/null
see 240 "the register back" "k get pod register-0 -o jsonpath='{.status.conditions[?(@.type==\"Ready\")].status}' | grep True"
see 240 "the berths back, all four" "ready berths"
see 90 "the gate ready again" "ready gate"
finish
