# shellcheck shell=bash
# The workloads of the three memory incidents, sourced after lib.sh: an alerter that keeps as much history in memory as
# its ConfigMap says, and has no limit; a cache; and web, which is ready while the cache answers.
# takes the first 70 MB at once, more by and by: the kernel kills before the kubelet's
# ten-second look, and the kubelet evicts before the kernel must kill again
grow='BEGIN { while (n < limit) { a[n++] = sprintf("%1048576s", "x"); if (n > 70 || pause < 2000) system("usleep " pause) } while (1) system("sleep 60") }'
# alerter_workloads PLACE WEB: lines of the pods' specification that say where alerter and cache go, and where web goes
alerter_workloads() {
  local place=$1 web=$2
apply <<YAML
apiVersion: v1
kind: ConfigMap
metadata: {name: alerter}
data: {history-mb-per-worker: "8"}
---
apiVersion: v1
kind: Service
metadata: {name: cache}
spec: {selector: {app: cache}, ports: [{port: 6379}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cache}
spec:
  selector: {matchLabels: {app: cache}}
  template:
    metadata: {labels: {app: cache}}
    spec:
      terminationGracePeriodSeconds: 1
      $place
      containers:
        - name: cache
          image: lab/busybox:1
          # the listener ends with the process that holds the data
          command:
            - sh
            - -c
            - |
              nc -ll -p 6379 -e echo pong &
              exec awk -v limit=250 -v pause=1000 '$grow'
          resources: {requests: {memory: 256Mi}}
          readinessProbe: {tcpSocket: {port: 6379}, periodSeconds: 2, failureThreshold: 1}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: alerter}
spec:
  strategy: {type: Recreate}
  selector: {matchLabels: {app: alerter}}
  template:
    metadata: {labels: {app: alerter}}
    spec:
      terminationGracePeriodSeconds: 1
      $place
      containers:
        - name: alerter
          image: lab/busybox:1
          # twenty workers; when one is lost the program gives up
          command:
            - sh
            - -c
            - |
              limit=\$(cat /config/history-mb-per-worker); echo "alerter: keeping \$limit MB of history in each of 20 workers"
              trap 'echo "alerter: a worker is gone, giving up"; exit 1' USR1
              trap 'exit 0' TERM
              for i in \$(seq 1 20); do ( awk -v limit="\$limit" -v pause=4000000 '$grow'; echo "alerter: worker \$i ended with \$?"; kill -USR1 1 ) & done
              while :; do sleep 1 & wait \$!; done
          volumeMounts: [{name: config, mountPath: /config}]
      volumes: [{name: config, configMap: {name: alerter}}]
YAML
healthy 60 deployment/cache deployment/alerter
apply <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  replicas: 2
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      $web
      containers:
        - name: web
          image: lab/busybox:1
          command: [sh, -c, "trap 'exit 0' TERM; sleep 3600 & wait"]
          resources: {requests: {memory: 16Mi}}
          readinessProbe: {exec: {command: [sh, -c, "nc -w 1 \$CACHE_SERVICE_HOST 6379 </dev/null | grep -q pong"]}, periodSeconds: 2, timeoutSeconds: 3, failureThreshold: 1}
YAML
healthy 60 deployment/web
}
# grown: the bad value, and the restart that reads it; taken_back: the value from before
grown() {
  k patch configmap alerter -p '{"data":{"history-mb-per-worker":"4000"}}'
  k rollout restart deployment/alerter
}
taken_back() {
  k patch configmap alerter -p '{"data":{"history-mb-per-worker":"8"}}'
  k rollout restart deployment/alerter
}
# ended NAME [NAMESPACE]: a pod of that application was OOM-killed or evicted
ended() {
  kubectl -n "${2:-$ns}" get pods -o jsonpath='{range .items[*]}{.metadata.name} {.status.reason} {.status.containerStatuses[*].lastState.terminated.reason} {.status.containerStatuses[*].state.terminated.reason}{"\n"}{end}' |
    grep "^$1-" | grep -E 'OOMKilled|Evicted'
}
