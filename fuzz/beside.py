#!/usr/bin/env python3
"""Writes what may be given beside records, in each form, into the folders of its targets, for a fuzzer to begin with."""

import pathlib
import sys

SEEDS = {
    "audit": {
        "line": '{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","stage":"RequestReceived","verb":"update",'
        '"user":{"username":"system:node:n"},"objectRef":{"resource":"leases"},"requestReceivedTimestamp":'
        '"2026-11-27T10:00:00.1Z","stageTimestamp":"2026-11-27T10:00:00.1Z"}\n',
        "body": '{"kind":"Deployment","metadata":{"name":"a","labels":{"x":"y"}},"spec":{"replicas":3,"template":{"spec":'
        '{"containers":[{"name":"app","image":"a:1","env":[{"name":"X","value":"y"}]}]}}}}\n'
        '{"kind":"Deployment","metadata":{"name":"a"},"spec":{"replicas":5}}\n',
        "google": '[{"protoPayload":{"methodName":"io.k8s.core.v1.pods.create","resourceName":"core/v1/namespaces/a/pods/b",'
        '"serviceName":"k8s.io","status":{"code":7}},"timestamp":"2026-11-27T10:00:00Z"}]',
        "cloudwatch": '{"events":[{"message":"{\\"auditID\\":\\"a\\",\\"stage\\":\\"Panic\\",\\"stageTimestamp\\":'
        '\\"2026-11-27T10:00:00Z\\"}"}]}',
    },
    "inputs": {
        "dump.json": '{\n    "kind": "NodeList",\n    "apiVersion": "v1",\n    "items": [\n        {"metadata": {"name": "n"}}\n    ]\n}\n'
        "==== START logs for container app of pod shop/api-0 ====\n2026-11-21T07:00:00Z E x\nfatal error: y\n"
        "==== END logs for container app of pod shop/api-0 ====\n",
        "list.yaml": "apiVersion: v1\nitems:\n- involvedObject: {kind: Pod, name: a, namespace: b}\n  lastTimestamp: "
        '"2026-11-21T07:00:00Z"\n  reason: BackOff\nkind: EventList\nmetadata: {}\n',
        "documents.yaml": "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n---\n- apiVersion: v1\n  kind: Node\n...\n",
        "array.json": '[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}},null,\n[{"apiVersion":"v1","kind":"Node"}]]\n'
        '{"kind":"PodList","apiVersion":"v1","items":null}',
    },
    "notes": {
        "markdown": "# Timeline 2026-11-21 (UTC)\n\n- 03:15 @jane: restarted node-2\n  and waited\n"
        "* **03:20\u201303:25** Bob Roe: back\n2026-11-21T04:00+01:00 \u2014 <@U1|jane> done\n",
        "table": "All times UTC\n2026-11-21\n| Time | What | Who |\n|---|---|---|\n| 03:15 | a \\| b | jane |\n",
        "chat": "--- 2026-11-21 (UTC) ---\n[03:15] jane: x@y.z\n[03:16:07 PM CET] <bob> y\n",
        "csv": "Date;Time (UTC);Author;Text\n2026-11-21;03:15;Jane Doe;\"asked @bob; ok\"\n",
    },
    "junit": {
        "cases": '<properties><property name="user.timezone" value="UTC"/></properties><testcase classname="a" name="b" time="1.5">'
        '<failure message="x&lt;y">z</failure></testcase><testcase name="c"><skipped/></testcase></testsuite>',
    },
    "chaos": {
        "mesh.json": '{"apiVersion":"chaos-mesh.org/v1alpha1","kind":"PodChaos","metadata":{"name":"a","namespace":"ci","uid":"u",'
        '"creationTimestamp":"2026-11-21T16:00:00Z"},"spec":{"action":"pod-kill"},"status":{"conditions":[{"type":"AllInjected",'
        '"status":"True"}],"experiment":{"containerRecords":[{"id":"ci/a-1-b","events":[{"operation":"Apply","type":"Succeeded",'
        '"timestamp":"2026-11-21T16:00:01Z"}]}]}}}',
        "litmus.yaml": "apiVersion: litmuschaos.io/v1alpha1\nkind: ChaosResult\nmetadata:\n  name: a\n  creationTimestamp: "
        "2026-11-21T16:00:00Z\nspec: {engine: e, experiment: pod-delete}\nstatus:\n  experimentStatus: {phase: Completed, "
        "verdict: Pass}\n  probeStatuses:\n  - {name: p, mode: Edge, status: {verdict: Passed}}\n",
    },
}


def main():
    for target, seeds in SEEDS.items():
        folder = pathlib.Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in seeds.items():
            (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
