#!/usr/bin/env python3
"""Writes what may be given beside records, in each form, into the folders of its targets, for a fuzzer to begin with."""

import pathlib
import sys

SEEDS = {
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
