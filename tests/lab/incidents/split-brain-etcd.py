#!/usr/bin/env python3
"""Writes the fixture split-brain-etcd, which is made and was not recorded: split-brain-etcd.py [FIXTURE]

After maintenance the etcd member of cp-3 is started from an old backup with --force-new-cluster and so is a cluster of
its own. Behind one load balancer there are now two truths: the API servers of cp-1 and cp-2 write into one, that of
cp-3 into the other, and each has a leading controller manager. The lab has one etcd and one API server address, so it
cannot be caused there. The words of etcd are those of etcd 3.6 (etcdserver/api/rafthttp, etcdserver/bootstrap.go,
raft), those of Kubernetes of 1.34 (client-go reflector, kubelet, node lifecycle controller). Names, addresses and
identifiers are made up. What an API server says in the archive is what the one of cp-1 said.
"""
import hashlib
import json
import pathlib
import sys

DAY, COLLECTED = "2026-11-26", "2026-11-26T09:40:00Z"
OURS, THEIRS = "cdf818194e3a8c32", "7e27652122e8b2ae"  # ids of the two clusters
MEMBERS = {"cp-1": "8e9e05c52164694d", "cp-2": "91bc3c398fb3c146", "cp-3": "fd422379fda50e48"}
VERSION = {"local-member-server-version": "3.6.4", "local-member-server-minimum-cluster-version": "3.0.0"}


def uid(name):
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


class Archive:
    def __init__(self, folder):
        self.folder, self.outcomes = folder, []

    def entry(self, path, text, source, **more):
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        self.outcomes.append({"source": source, "subject": path, "status": "collected", "entry": path, "bytes": len(text.encode()),
                              "at": COLLECTED, "took_ms": 5, **more})

    def objects(self, path, objects):
        self.entry(f"objects/{path}.jsonl", "".join(json.dumps(item, separators=(",", ":")) + "\n" for item in objects), "objects")

    def log(self, pod, container, lines, which="current"):
        text = "".join(f"{DAY}T{time}.{number % 1000:03}000000Z {line}\n" for number, (time, line) in enumerate(sorted(lines)))
        self.entry(f"logs/kube-system/{pod}/{container}/{which}.log", text, "pod-logs")

    def journal(self, node, lines):
        text = "".join(
            f"Nov 26 {time}.{number % 1000:03}000 {node} kubelet[1402]: {level}1126 {time}.{number % 1000:03}000    1402 {line}\n"
            for number, (time, level, line) in enumerate(sorted(lines)))
        span = {"from": f"{DAY}T09:00:00Z", "to": COLLECTED}
        self.entry(f"nodes/{node}/journal/kubelet.log", text, "journals", node=node, **span)

    def seal(self):
        about = {"format": {"major": 1, "minor": 1}, "tool": "k8s-forensics 0.1.0",
                 "cluster": {"uid": uid("cluster"), "version": "v1.34.4", "context": "made"},
                 "from": f"{DAY}T09:00:00Z", "to": COLLECTED, "started_at": COLLECTED,
                 "options": {"deadline": "5m", "profile": "standard"}, "clocks": []}
        (self.folder / "meta").mkdir(parents=True, exist_ok=True)
        (self.folder / "meta/archive.json").write_text(json.dumps(about, indent=2) + "\n")
        (self.folder / "meta/outcomes.jsonl").write_text("".join(json.dumps(item) + "\n" for item in self.outcomes))


def every(start, end, seconds):
    """Times of day from start to end."""
    def number(text):
        hours, minutes, second = map(int, text.split(":"))
        return hours * 3600 + minutes * 60 + second
    return [f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}" for at in range(number(start), number(end) + 1, seconds)]


def etcd(time, level, caller, message, **fields):
    return time, json.dumps({"level": level, "ts": f"{DAY}T{time}.000000Z", "caller": caller, "msg": message, **fields}, separators=(",", ":"))


def etcd_logs(archive):
    for node in ("cp-1", "cp-2"):
        lost = {"remote-peer-id": MEMBERS["cp-3"]}
        lines = [
            etcd("09:08:30", "warn", "rafthttp/peer_status.go:66", "peer became inactive (message send to peer failed)",
                 **{"peer-id": MEMBERS["cp-3"], "error": "failed to dial on stream MsgApp v2 (EOF)"}),
            etcd("09:08:32", "warn", "rafthttp/stream.go:194", "lost TCP streaming connection with remote peer",
                 **{"stream-writer-type": "stream MsgApp v2", "local-member-id": MEMBERS[node], **lost}),
        ]
        for time in every("09:12:06", "09:30:36", 30):
            lines.append(etcd(time, "warn", "rafthttp/stream.go:653", "request sent was ignored by remote peer due to cluster ID mismatch", **{
                **lost, "remote-peer-cluster-id": THEIRS, "local-member-id": MEMBERS[node], "local-member-cluster-id": OURS,
                "error": "cluster ID mismatch"}))
        lines.append(etcd("09:31:22", "info", "rafthttp/peer_status.go:53", "peer became active", **{"peer-id": "2c8f1a5be0d94713"}))
        archive.log(f"etcd-{node}", "etcd", lines)
    own = MEMBERS["cp-3"]
    lines = [
        etcd("09:12:04", "info", "embed/etcd.go:310", "starting an etcd server", **{
            "etcd-version": "3.6.4", "name": "cp-3", "data-dir": "/var/lib/etcd", "force-new-cluster": True, "initial-cluster-state": "existing"}),
        etcd("09:12:04", "info", "etcdserver/bootstrap.go:703", "discarding uncommitted WAL entries", **{
            "entry-index": 5120441, "commit-index-from-wal": 5120440, "number-of-discarded-entries": 3}),
        etcd("09:12:04", "info", "etcdserver/bootstrap.go:600", "restarting local member", **{
            "cluster-id": THEIRS, "local-member-id": own, "commit-index": 5120443}),
        etcd("09:12:05", "info", "etcdserver/raft.go:771", f"{own} became leader at term 12"),
        etcd("09:12:05", "info", "etcdserver/server.go:1812", "published local member to cluster through raft", **{
            "local-member-id": own, "cluster-id": THEIRS, "publish-timeout": "7s"}),
    ]
    for time in every("09:12:06", "09:30:36", 30):
        for peer in ("cp-1", "cp-2"):
            lines.append(etcd(time, "warn", "rafthttp/http.go:502", "request cluster ID mismatch", **{
                "local-member-id": own, "local-member-cluster-id": THEIRS, **VERSION, "remote-peer-server-name": MEMBERS[peer],
                "remote-peer-server-version": "3.6.4", "remote-peer-server-minimum-cluster-version": "3.0.0", "remote-peer-cluster-id": OURS}))
    lines.append(etcd("09:30:50", "info", "embed/etcd.go:426", "closed etcd server", **{"name": "cp-3", "data-dir": "/var/lib/etcd"}))
    archive.log("etcd-cp-3", "etcd", lines, "previous")
    archive.log("etcd-cp-3", "etcd", [
        etcd("09:31:20", "info", "embed/etcd.go:310", "starting an etcd server", **{
            "etcd-version": "3.6.4", "name": "cp-3", "data-dir": "/var/lib/etcd", "force-new-cluster": False, "initial-cluster-state": "existing"}),
        etcd("09:31:22", "info", "etcdserver/raft.go:771", "2c8f1a5be0d94713 became follower at term 9"),
    ])


def controller_logs(archive):
    def line(time, level, words):
        return time, f"{level}1126 {time}.000000       1 {words}"
    lease = "kube-system/kube-controller-manager"
    archive.log("kube-controller-manager-cp-1", "kube-controller-manager", [
        line("09:00:12", "I", f'leaderelection.go:271] "Successfully acquired lease" lock="{lease}"'),
        line("09:12:52", "I", 'node_lifecycle_controller.go:1010] "Node is NotReady, adding it to the Taint queue" node="w-2"'),
        line("09:17:52", "I", 'taint_eviction.go:111] "Deleting pod" controller="taint-eviction-controller" pod="shop/api-6c9d7f5b8-x2lqp"'),
        line("09:17:52", "I", 'taint_eviction.go:111] "Deleting pod" controller="taint-eviction-controller" pod="shop/ledger-1"'),
    ])
    archive.log("kube-controller-manager-cp-3", "kube-controller-manager", [
        line("09:12:10", "I", f'leaderelection.go:257] "Attempting to acquire leader lease..." lock="{lease}"'),
        line("09:12:31", "I", f'leaderelection.go:271] "Successfully acquired lease" lock="{lease}"'),
        line("09:13:22", "I", 'node_lifecycle_controller.go:1010] "Node is NotReady, adding it to the Taint queue" node="w-1"'),
        line("09:13:22", "I", 'node_lifecycle_controller.go:1010] "Node is NotReady, adding it to the Taint queue" node="w-3"'),
        line("09:30:58", "E", f'leaderelection.go:441] "Failed to update lock optimistically" err="etcdserver: leader changed" lock="{lease}"'),
        line("09:31:08", "E", 'controllermanager.go:353] "leaderelection lost"'),
    ])


def journals(archive):
    pods = "k8s.io/client-go/informers/factory.go:160: failed to list *v1.Pod"
    lines = [("09:12:09", "W", 'reflector.go:579] "watch ended with an error" type="*v1.Pod" err="http2: client connection lost"')]
    for time in every("09:12:12", "09:13:12", 20):  # what cp-3 holds is older than what w-2 has seen
        lines.append((time, "E", f'reflector.go:205] "Failed to watch" err="{pods}: Timeout: Too large resource version: 812340, current: 603211" type="*v1.Pod"'))
    lines += [
        ("09:13:32", "I", 'kubelet.go:2515] "SyncLoop ADD" source="api" pods=["shop/web-5d5b6cb7c-k9w2m"]'),
        ("09:18:41", "I", 'kubelet.go:2515] "SyncLoop ADD" source="api" pods=["shop/api-6c9d7f5b8-old7r"]'),
        ("09:31:24", "W", 'reflector.go:579] "watch ended with an error" type="*v1.Pod" err="http2: client connection lost"'),
        ("09:31:30", "I", 'kubelet.go:2531] "SyncLoop DELETE" source="api" pods=["shop/api-6c9d7f5b8-x2lqp","shop/ledger-1"]'),
        ("09:31:30", "I", 'kubelet.go:2525] "SyncLoop REMOVE" source="api" pods=["shop/web-5d5b6cb7c-k9w2m","shop/api-6c9d7f5b8-old7r"]'),
    ]
    archive.journal("w-2", lines)
    archive.journal("w-1", [("09:05:00", "I", 'kubelet.go:2546] "SyncLoop (PLEG): event for pod" pod="shop/web-5d5b6cb7c-abcde" event={"Type":"ContainerStarted"}')])


def event(kind, namespace, name, reason, message, time, component, level="Normal", last=None, count=1):
    key = f"{name}.{hashlib.sha256((name + reason + time + message).encode()).hexdigest()[:16]}"
    about = {"kind": kind, "name": name, "uid": name if kind == "Node" else uid(name), "apiVersion": "v1"}
    if kind != "Node":
        about["namespace"] = namespace
    return {"metadata": {"name": key, "namespace": namespace, "uid": uid(key), "creationTimestamp": f"{DAY}T{time}Z"},
            "involvedObject": about, "reason": reason, "message": message, "source": {"component": component},
            "firstTimestamp": f"{DAY}T{time}Z", "lastTimestamp": f"{DAY}T{last or time}Z", "count": count, "type": level,
            "eventTime": None, "reportingComponent": component, "reportingInstance": ""}


def events(archive):
    archive.objects("namespaces/default/events", [
        event("Node", "default", "w-2", "NodeNotReady", "Node w-2 status is now: NodeNotReady", "09:12:52", "node-controller"),
        event("Node", "default", "w-2", "NodeReady", "Node w-2 status is now: NodeReady", "09:31:34", "kubelet"),
    ])
    moved = ("api-6c9d7f5b8-x2lqp", "ledger-1")
    archive.objects("namespaces/shop/events", [
        *[event("Pod", "shop", pod, "NodeNotReady", "Node is not ready", "09:12:52", "node-controller", "Warning") for pod in moved],
        *[event("Pod", "shop", pod, "TaintManagerEviction", f"Marking for deletion Pod shop/{pod}", "09:17:52", "taint-eviction-controller") for pod in moved],
        event("Pod", "shop", "api-6c9d7f5b8-m4tzv", "Scheduled", "Successfully assigned shop/api-6c9d7f5b8-m4tzv to w-3", "09:17:53", "default-scheduler"),
        *[event("Pod", "shop", pod, "Killing", f"Stopping container {pod.split('-')[0]}", "09:31:30", "kubelet") for pod in moved],
        event("Pod", "shop", "ledger-1", "Scheduled", "Successfully assigned shop/ledger-1 to w-1", "09:31:38", "default-scheduler"),
    ])
    archive.objects("namespaces/kube-system/events", [
        event("Pod", "kube-system", "etcd-cp-3", "Started", "Started container etcd", "09:12:04", "kubelet"),
        event("Pod", "kube-system", "etcd-cp-3", "Started", "Started container etcd", "09:31:20", "kubelet"),
    ])


def pod(namespace, name, node, start, command=None, labels=None, owner=None, ready=True):
    container = name.split("-")[0] if namespace != "kube-system" else name.rsplit("-cp-", 1)[0]
    meta = {"name": name, "namespace": namespace, "uid": uid(name), "creationTimestamp": f"{DAY}T{start}Z", "labels": labels or {}}
    if owner:
        meta["ownerReferences"] = [{"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "uid": uid(owner[1]), "controller": True}]
    spec = {"name": container, "image": f"registry.example/{container}:1"}
    if command:
        spec["command"] = command
    since = f"{DAY}T{start}Z"
    return {"metadata": meta, "spec": {"nodeName": node, "containers": [spec]},
            "status": {"phase": "Running", "startTime": since, "qosClass": "BestEffort",
                       "conditions": [{"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": since}],
                       "containerStatuses": [{"name": container, "ready": ready, "restartCount": 0, "image": spec["image"], "imageID": "",
                                              "state": {"running": {"startedAt": since}}, "lastState": {}}]}}


def objects(archive):
    control = []
    for node in MEMBERS:
        start = "09:31:20" if node == "cp-3" else "08:00:00"
        member = pod("kube-system", f"etcd-{node}", node, start, ["etcd", "--config-file=/etc/etcd/etcd.yaml"], {"component": "etcd"})
        if node == "cp-3":
            status = member["status"]["containerStatuses"][0]
            status.update(restartCount=2, lastState={"terminated": {
                "exitCode": 0, "reason": "Completed", "startedAt": f"{DAY}T09:12:04Z", "finishedAt": f"{DAY}T09:30:50Z"}})
        control.append(member)
        control.append(pod("kube-system", f"kube-controller-manager-{node}", node, "08:00:00", None, {"component": "kube-controller-manager"}))
    archive.objects("namespaces/kube-system/pods", control)
    archive.objects("namespaces/kube-system/leases.coordination.k8s.io", [{
        "metadata": {"name": "kube-controller-manager", "namespace": "kube-system", "uid": uid("lease"), "creationTimestamp": f"{DAY}T08:00:00Z"},
        "spec": {"holderIdentity": f"cp-1_{uid('holder')}", "leaseDurationSeconds": 15, "acquireTime": f"{DAY}T09:00:12.000000Z",
                 "renewTime": f"{DAY}T09:39:58.000000Z", "leaseTransitions": 4}}])
    archive.objects("namespaces/shop/pods", [
        pod("shop", "api-6c9d7f5b8-q8r5n", "w-1", "08:10:00", labels={"app": "api"}, owner=("ReplicaSet", "api-6c9d7f5b8")),
        pod("shop", "api-6c9d7f5b8-m4tzv", "w-3", "09:17:53", labels={"app": "api"}, owner=("ReplicaSet", "api-6c9d7f5b8")),
        pod("shop", "ledger-0", "w-3", "08:10:00", labels={"app": "ledger"}, owner=("StatefulSet", "ledger")),
        pod("shop", "ledger-1", "w-1", "09:31:38", labels={"app": "ledger"}, owner=("StatefulSet", "ledger")),
        pod("shop", "web-5d5b6cb7c-abcde", "w-1", "08:10:00", labels={"app": "web"}, owner=("ReplicaSet", "web-5d5b6cb7c")),
    ])
    nodes = []
    for node in ("cp-1", "cp-2", "cp-3", "w-1", "w-2", "w-3"):
        since = f"{DAY}T{'09:31:34' if node == 'w-2' else '08:00:00'}Z"
        nodes.append({"metadata": {"name": node, "uid": uid(node), "creationTimestamp": "2026-10-01T08:00:00Z", "labels": {"kubernetes.io/hostname": node}},
                      "spec": {}, "status": {"conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady",
                               "message": "kubelet is posting ready status", "lastHeartbeatTime": f"{DAY}T09:39:55Z", "lastTransitionTime": since}]}})
    archive.objects("cluster/nodes", nodes)


def main():
    default = pathlib.Path(__file__).resolve().parents[3] / "fixtures/split-brain-etcd"
    fixture = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    archive = Archive(fixture / "archive")
    objects(archive)
    events(archive)
    etcd_logs(archive)
    controller_logs(archive)
    journals(archive)
    archive.seal()
    (fixture / "recorded.yaml").write_text(
        f"made: true   # by tests/lab/incidents/split-brain-etcd.py, and not recorded: the lab has one etcd\nonset: {DAY}T09:12:04Z\nend: {DAY}T09:31:40Z\n")


if __name__ == "__main__":
    main()
