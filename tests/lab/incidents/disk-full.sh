#!/usr/bin/env bash
# A setting makes a cache on the node's own disk grow without a limit until the
# disk is nearly full. The kubelet evicts the pod for disk pressure and refuses
# new ones; the replacement fills the next node. Nodes need a small disk of their
# own for this: start the lab with LAB_NODE_DISK=400M (tests/record.sh does).
. "$(dirname "$0")/lib.sh"
[ -n "$LAB_NODE_DISK" ] || die "start the lab with LAB_NODE_DISK=400M, or this would fill the disk of this machine"
namespace photos
noise
apply <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: thumbnails}
data: {cache-mb: "20"}
YAML
# keeps thumbnails on an emptyDir, 8 MB each second until it has as many as it is told
# shellcheck disable=SC2016 # for the pod's shell
SAYS='limit=$(cat /config/cache-mb); echo "thumbnails: keeping up to $limit MB in /cache"; ( n=0; while [ $n -lt $limit ]; do dd if=/dev/zero of=/cache/$n bs=1M count=4 2>/dev/null || { echo "thumbnails: ERROR cannot write /cache/$n: no space left on device"; sleep 5; }; n=$((n + 4)); usleep 500000; done ) &' \
  server thumbnails 1 "$(on 1)" 'volumes: [{name: config, configMap: {name: thumbnails}}, {name: cache, emptyDir: {}}]'
k patch deployment thumbnails -p '{"spec":{"template":{"spec":{"containers":[{"name":"thumbnails","volumeMounts":[{"name":"config","mountPath":"/config"},{"name":"cache","mountPath":"/cache"}]}]}}}}' >/dev/null
server albums 2 "$(spread albums)"
healthy 60 deployment/thumbnails deployment/albums
caller gallery 2 thumbnails "$(spread gallery)"
healthy 60 deployment/gallery
sleep 30
onset
k patch configmap thumbnails -p '{"data":{"cache-mb":"4000"}}' >/dev/null
k rollout restart deployment/thumbnails >/dev/null
see 150 "disk pressure on node-1" "event NodeHasDiskPressure node-1"
see 60 "the thumbnails evicted" "event Evicted 'thumbnails-.*ephemeral-storage'"
see 60 "the gallery not ready" "event Unhealthy 'gallery-.*Readiness probe'"
see 60 "the thumbnails on node-2" "pods -l app=thumbnails -o wide | grep -w node-2"
see 180 "disk pressure on node-2" "event NodeHasDiskPressure node-2"
see 90 "no node for the next replacement" "event FailedScheduling 'thumbnails.*untolerated taint'"
pods -o wide >&2
note "the setting is taken back"
k patch configmap thumbnails -p '{"data":{"cache-mb":"20"}}' >/dev/null
# both nodes say DiskPressure for five minutes after the disk is free again
see 400 "the thumbnails back" "ready thumbnails"
see 60 "the gallery ready again" "ready gallery"
finish
