#!/usr/bin/env bash
# Ten minutes in which nothing goes wrong: some ordinary workloads with probes
# and Services, a StatefulSet, a job every minute, monitoring that has just
# started. For measuring that nothing is claimed where nothing happened.
. "$(dirname "$0")/lib.sh"
namespace bakery
onset
# slow to listen: its readiness probe fails until it does, as in every cluster
SAYS='echo "ovens: heating"; sleep 5' server ovens 2 "$(spread ovens)"
server recipes 2 "$(spread recipes)"
apply <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: recipes}
data: {bread: "flour, water, salt"}
---
apiVersion: v1
kind: Service
metadata: {name: ledger}
spec: {clusterIP: None, selector: {app: ledger}, ports: [{port: 5432}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ledger}
spec:
  serviceName: ledger
  replicas: 2
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      terminationGracePeriodSeconds: 3
      containers:
        - name: ledger
          image: lab/busybox:1
          command: [sh, -c, "echo 'ledger: ready to accept connections'; trap 'exit 0' TERM; nc -ll -p 5432 -e echo pong & wait"]
          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
          readinessProbe: {tcpSocket: {port: 5432}, periodSeconds: 3}
          livenessProbe: {tcpSocket: {port: 5432}, periodSeconds: 5}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: count-loaves}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: count, image: lab/busybox:1, command: [sh, -c, "echo 'count: 412 loaves'; sleep 3"]}]
YAML
healthy 60 deployment/ovens deployment/recipes statefulset/ledger
caller counter 3 recipes "$(spread counter)"
healthy 60 deployment/counter
see 150 "a job that succeeded" "k get jobs -o jsonpath='{.items[*].status.succeeded}' | grep 1"
left=$((600 - SECONDS)); [ "$left" -le 0 ] || sleep "$left"
see 5 "everything ready" "ready ovens recipes counter && k rollout status --timeout 1s statefulset/ledger"
finish
