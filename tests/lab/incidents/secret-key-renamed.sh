#!/usr/bin/env bash
# A release renames a key of a Secret. The workload that is released reads the new
# name and is well. Another, which nobody thought of, reads the old one: its pods
# run on until their containers recycle themselves, as they do every few minutes,
# and then none can be started. So its pods fail one by one, minutes after the
# release and without any change of their own; a job that comes each minute fails
# first. A new pod does not help. Then the old key is added again.
. "$(dirname "$0")/lib.sh"
namespace payroll
noise
# secret KEY: by a manager of its own, so that the repair below does not hide when this was
secret() {
  k create secret generic ledger-access --from-literal "$1=not-a-secret" --from-literal user=ledger --dry-run=client -o yaml |
    k apply --server-side --field-manager secret-sync -f - >/dev/null
}
secret password
password() { echo "{\"name\":\"PASSWORD\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"ledger-access\",\"key\":\"$1\"}}}"; }
reads() { k patch deployment "$1" -p "{\"spec\":{${3:-}\"template\":{\"spec\":{\"containers\":[{\"name\":\"$1\",\"env\":[$(password "$2")]}]}}}}" >/dev/null; }
server benefits 2 "$(spread benefits)"
server wages 0 "$(spread wages)"
reads wages password '"replicas":2,'
healthy 120 deployment/benefits deployment/wages
k scale deployment benefits --replicas 3 >/dev/null
healthy 60 deployment/benefits
# answers for some minutes, then ends well and is started anew, as programs do that leak
# shellcheck disable=SC2016 # for the pod's shell
SAYS='life=$((200 + RANDOM % 80)); echo "slips: serving for $life s before this worker is recycled"; ( sleep $life; echo "slips: worker recycled after $life s, exiting"; kill -TERM 1 ) &' \
  server slips 0 "$(spread slips)"
reads slips password '"replicas":3,'
healthy 60 deployment/slips
caller portal 2 slips "$(spread portal)"
apply <<YAML
apiVersion: batch/v1
kind: CronJob
metadata: {name: accruals}
spec:
  schedule: "* * * * *"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: accruals
              image: lab/busybox:1
              command: [sh, -c, "echo 'accruals: booked'; sleep 1"]
              env: [$(password password)]
YAML
healthy 60 deployment/portal
wait_for 100 "a job that goes well" bash -c "kubectl -n $ns get jobs -o jsonpath='{range .items[*]}{.metadata.name} {.status.succeeded}{\"\\n\"}{end}' | grep -E 'accruals-[0-9]+ 1'"
! pods -l app=slips | awk '$4 > 0' | grep . || die "a worker was recycled before everything was healthy"
onset
note "the release: the key password is now db-password, and wages reads it"
secret db-password
reads wages db-password
see 120 "the wages released, well" "ready wages"
see 120 "a job's pod not started" "event Failed 'Pod/payroll/accruals-.*key password in Secret payroll/ledger-access'"
see 240 "a worker not started again" "event Failed 'Pod/payroll/slips-.*key password in Secret payroll/ledger-access'"
see 240 "no worker ready" "! k get endpointslices -l kubernetes.io/service-name=slips -o jsonpath='{.items[*].endpoints[*].conditions.ready}' | grep true"
see 60 "the portal not ready" "event Unhealthy 'portal-.*Readiness probe'"
sleep 15
note "a pod of slips is deleted, which does not help"
k delete "$(k get pods -l app=slips -o name | head -1)" >/dev/null
see 60 "its replacement not started" "k get pods -l app=slips --sort-by .metadata.creationTimestamp -o jsonpath='{.items[-1:].status.phase} {.items[-1:].status.containerStatuses[0].state.waiting.reason}' | grep -x 'Pending CreateContainerConfigError'"
sleep 15
see 180 "the alert KubePodNotReady for the job's pod" "alert KubePodNotReady accruals-"
see 5 "wages and benefits ready all the while" "ready wages benefits"
pods -o wide >&2
note "the old key is added again"
k patch secret ledger-access -p '{"stringData":{"password":"not-a-secret"}}' >/dev/null
see 240 "the slips back" "ready slips"
see 90 "the portal ready again" "ready portal"
see 120 "the job done" "k get jobs --sort-by .metadata.creationTimestamp -o jsonpath='{.items[-1:].status.succeeded}' | grep 1"
finish
