#!/usr/bin/env bash
# A release asks for two volumes that are not there: a ConfigMap that nobody made
# yet, and storage of a class that nobody provisions. The rollout stops half way,
# the new StatefulSet never starts. The ConfigMap comes later, the storage never.
. "$(dirname "$0")/lib.sh"
namespace warehouse
noise
apply <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: stock-settings}
data: {shelves: "40"}
YAML
server stock 3 "$(spread stock)" 'volumes: [{name: settings, configMap: {name: stock-settings}}]'
k patch deployment stock -p '{"spec":{"progressDeadlineSeconds":45,"template":{"spec":{"containers":[{"name":"stock","volumeMounts":[{"name":"settings","mountPath":"/settings"}]}]}}}}' >/dev/null
healthy 60 deployment/stock
caller picker 2 stock "$(spread picker)"
healthy 60 deployment/picker
sleep 20
onset
note "the release: stock reads stock-settings-2, and the new ledger keeps its data on storage of class fast"
k patch deployment stock -p '{"spec":{"template":{"spec":{"volumes":[{"name":"settings","configMap":{"name":"stock-settings-2"}}]}}}}' >/dev/null
apply <<'YAML'
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
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: ledger
          image: lab/busybox:1
          command: [sh, -c, "echo 'ledger: ready to accept connections'; trap 'exit 0' TERM; nc -ll -p 5432 -e echo pong & wait"]
          volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 1Gi}}}
YAML
see 60 "a mount fail" "event FailedMount 'stock-.*configmap \"stock-settings-2\" not found'"
see 20 "the new pod wait" "pods -l app=stock | grep ContainerCreating"
see 30 "the claim without a provisioner" "event ProvisioningFailed 'data-ledger-0.*\"fast\" not found'"
see 60 "the ledger without a node" "event FailedScheduling 'ledger-0.*unbound immediate PersistentVolumeClaims'"
see 90 "the rollout miss its deadline" "k get deployment stock -o jsonpath='{.status.conditions[?(@.type==\"Progressing\")].reason}' | grep -w ProgressDeadlineExceeded"
see 180 "the alert KubePodNotReady" "alert KubePodNotReady ledger-0"
pods -o wide >&2
note "the ConfigMap is made"
apply <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: stock-settings-2}
data: {shelves: "60"}
YAML
see 180 "the stock rolled out" "ready stock"
see 5 "the ledger still waiting" "pods ledger-0 | grep Pending"
finish
