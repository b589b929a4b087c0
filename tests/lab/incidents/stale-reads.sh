#!/usr/bin/env bash
# There are two API servers, and the second loses its way to etcd. It goes on
# answering from its cache. The kube-proxy of node-1 listens to that one: after a
# release of a backend it still sends traffic to addresses that are gone, while
# everything on node-2 works. Then the second API server reaches etcd again.
. "$(dirname "$0")/lib.sh"
control() { "$LAB_DIR/control.sh" "$@"; }
to_etcd() { iptables -t nat "$1" OUTPUT -o lo -p tcp --dport 2378 -j REDIRECT --to-ports 2379; } # its own door to etcd
lost() { iptables "$1" OUTPUT -o lo -p tcp -m conntrack --ctorigdstport 2378 -j DROP; }
trap 'lost -D 2>/dev/null || true; to_etcd -D 2>/dev/null || true' EXIT
namespace exchange
noise
note "a second API server on port 6444, and the kube-proxy of node-1 asks it"
to_etcd -A
sed -e 's/--secure-port 6443/--secure-port 6444/; s/127\.0\.0\.1:2379/127.0.0.1:2378/; s|log/audit.log|log/audit-2.log|' "$LAB_HOME/kube-apiserver.command" >"$LAB_HOME/kube-apiserver-2.command"
echo ' --endpoint-reconciler-type none' >>"$LAB_HOME/kube-apiserver-2.command"
control start kube-apiserver-2
second=https://$LAB_NET.1:6444
wait_for 120 "the second API server" kubectl --server "$second" get --raw /readyz
sed "s/:6443/:6444/" "$LAB_HOME/proxy.kubeconfig" >"$LAB_HOME/proxy-2.kubeconfig"
"$LAB_DIR/node.sh" shell 1 mount --bind "$LAB_HOME/proxy-2.kubeconfig" "$LAB_HOME/proxy.kubeconfig"
"$LAB_DIR/node.sh" shell 1 pkill -TERM '^kube-proxy$'
only() { echo "nodeSelector: {kubernetes.io/hostname: node-$1}"; }
server quotes 2 "$(only 2)"
server news 2 "$(spread news)"
healthy 60 deployment/quotes deployment/news
caller board 4 quotes "$(spread board)"
caller ticker 2 news "$(spread ticker)"
healthy 90 deployment/board deployment/ticker
sleep 45
onset
lost -A
sleep 30
note "a release of quotes, which gets new addresses"
k set env deployment/quotes RELEASE=2 >/dev/null
see 60 "quotes rolled out" "ready quotes"
see 60 "a board not ready" "event Unhealthy 'board-.*Readiness probe'"
sleep 15
pods -o wide >&2
addresses() { kubectl --request-timeout 5s "$@" get --raw "/apis/discovery.k8s.io/v1/namespaces/$ns/endpointslices?labelSelector=kubernetes.io/service-name%3Dquotes&resourceVersion=0" | grep -o '"addresses":\[[^]]*\]' | sort; }
see 10 "the second API server with other addresses than the first" "[ \"\$(addresses)\" != \"\$(addresses --server $second)\" ]"
see 30 "the second API server say that it is not ready" "! kubectl --server $second --request-timeout 10s get --raw /readyz"
see 5 "all boards on node-2 ready" "test \$(pods -l app=board -o wide | grep -w node-2 | grep -c 1/1) = 2"
see 5 "no board on node-1 ready" "test \$(pods -l app=board -o wide | grep -w node-1 | grep -c 1/1) = 0"
see 5 "node-1 Ready" "kubectl get node node-1 --no-headers | grep -w Ready"
sleep 45
note "the second API server reaches etcd again"
lost -D
see 120 "all boards ready" "ready board"
sleep 10
finish
