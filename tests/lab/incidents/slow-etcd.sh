#!/usr/bin/env bash
# The disk of etcd turns slow: each fdatasync takes one second, then seven (strace
# delays them). etcd lives and answers, late. Writes time out, the scheduler and
# the controller manager lose their leases and end, kubelets cannot renew theirs.
# Start the lab with LAB_ETCD_SYNC=yes, or etcd never waits for its disk.
. "$(dirname "$0")/lib.sh"
[ -n "$LAB_ETCD_SYNC" ] || die "start the lab with LAB_ETCD_SYNC=yes"
command -v strace >/dev/null || die "strace is needed, to make the disk slow: apt-get install strace"
control() { "$LAB_DIR/control.sh" "$@"; }
tracer=
slow() { # slow MICROSECONDS: each fdatasync of etcd takes that much longer
  fast
  strace -f -qq -o /dev/null -e trace=fdatasync -e inject="fdatasync:delay_enter=$1" -p "$(cat "$LAB_HOME/etcd.pid")" &
  tracer=$!
}
fast() { [ -z "$tracer" ] || { kill "$tracer"; wait "$tracer"; } 2>/dev/null || true; tracer=; }
restore() {
  fast
  for it in kube-controller-manager kube-scheduler; do control alive $it 2>/dev/null || control start $it; done
}
trap restore EXIT
namespace records
noise
server vault 2 "$(spread vault)"
healthy 60 deployment/vault
caller reader 2 vault "$(spread reader)"
healthy 60 deployment/reader
sleep 45
onset
note "each write to the disk takes a second"
slow 1000000
sleep 5
k scale deployment vault --replicas 3 --timeout 60s >/dev/null || note "a write failed"
sleep 40
note "each write to the disk takes seven seconds"
slow 7000000
see 90 "the scheduler or the controller manager end" "! control alive kube-scheduler || ! control alive kube-controller-manager"
see 60 "a kubelet fail to renew its lease" "journal 1 kubelet 'Failed to update lease'"
sleep 30
note "the disk is fast again"
fast
see 60 "a write at once" "k annotate deployment vault seen=yes --overwrite --request-timeout 2s"
sleep 10
note "what ended is started again"
restore
see 90 "everything ready" "ready vault reader"
see 60 "new leaders" "event LeaderElection"
kubectl get nodes >&2
finish
