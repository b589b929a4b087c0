#!/usr/bin/env bash
# A second API server on port 6444, which the Service kubernetes has too: second-apiserver.sh same|other|stop
#   same   with the etcd of the first
#   other  with an etcd of its own that begins with what the first has at this moment, as one does that was restored
#          from a backup and started as a cluster of its own
set -euo pipefail
. "$(dirname "$0")/env.sh"
verb=${1:?same|other|stop}
cd "$LAB_HOME"
control() { "$LAB_DIR/control.sh" "$@"; }
stop() {
  local name
  for name in kube-apiserver-2 etcd-2; do
    if [ -e "$name.pid" ] && control alive "$name"; then control stop "$name"; fi
    rm -f "$name.pid"
  done
  rm -rf etcd-2
  kubectl -n default delete endpointslice kubernetes-2 --ignore-not-found >/dev/null
}
stop
[ "$verb" != stop ] || exit 0
etcd=127.0.0.1:2379
if [ "$verb" = other ]; then
  etcd=127.0.0.1:2479
  control freeze etcd # a copy of files that nobody writes to
  cp -r etcd etcd-2 || { control thaw etcd; exit 1; }
  control thaw etcd
  printf '%q ' etcd --name lab --data-dir etcd-2 --force-new-cluster --listen-client-urls http://$etcd --advertise-client-urls http://$etcd \
    --listen-peer-urls http://127.0.0.1:2480 --initial-advertise-peer-urls http://127.0.0.1:2480 --unsafe-no-fsync >etcd-2.command
  control start etcd-2
  wait_for 30 "the second etcd" curl -fsS http://$etcd/health
fi
sed -e "s/--secure-port 6443/--secure-port 6444/; s/127\.0\.0\.1:2379/$etcd/; s|log/audit.log|log/audit-2.log|" kube-apiserver.command >kube-apiserver-2.command
echo ' --endpoint-reconciler-type none' >>kube-apiserver-2.command
control start kube-apiserver-2
wait_for 120 "the second API server" kubectl --server "https://$LAB_NET.1:6444" get --raw /readyz
kubectl apply -f - >/dev/null <<YAML
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kubernetes-2, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
addressType: IPv4
ports: [{name: https, port: 6444, protocol: TCP}]
endpoints: [{addresses: [$LAB_NET.1], conditions: {ready: true}}]
YAML
