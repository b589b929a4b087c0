#!/usr/bin/env bash
# Two changes that go well: a release of a Deployment with three replicas, and a
# ConfigMap that is changed before a restart reads it. For measuring that a
# change is not called the trigger of an incident where there is none.
. "$(dirname "$0")/lib.sh"
namespace library
apply <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: loans}
data: {days: "21"}
YAML
SAYS='echo "loans: books may be kept for $(cat /config/days) days"' server loans 2 "$(spread loans)"
# shellcheck disable=SC2016 # for the pod's shell
k patch deployment loans -p '{"spec":{"template":{"spec":{"volumes":[{"name":"config","configMap":{"name":"loans"}}],"containers":[{"name":"loans","volumeMounts":[{"name":"config","mountPath":"/config"}]}]}}}}' >/dev/null
SAYS='echo "catalog: release ${RELEASE:-1}"; sleep 3' server catalog 3 "$(spread catalog)"
healthy 60 deployment/catalog deployment/loans
caller desk 2 catalog "$(spread desk)"
healthy 60 deployment/desk
sleep 60 # some quiet before
onset
note "release 2 of the catalog: another environment"
k set env deployment/catalog RELEASE=2 >/dev/null
see 60 "release 2 of the catalog rolled out" "ready catalog"
sleep 45
note "the loans' ConfigMap, then a restart"
k patch configmap loans -p '{"data":{"days":"28"}}' >/dev/null
sleep 5
k rollout restart deployment/loans >/dev/null
see 60 "the loans restarted" "ready loans"
see 20 "a pod that read the new value" "k logs -l app=loans | grep '28 days'"
sleep 60
see 5 "everything ready" "ready catalog loans desk"
finish
