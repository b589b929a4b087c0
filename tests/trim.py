#!/usr/bin/env python3
"""Makes a recorded fixture small enough to keep: tests/trim.py fixtures/SCENARIO [--dry-run]

Works on SCENARIO/archive, an unpacked archive, or a folder of a recorder's segments and what was collected beside them, with
the times of SCENARIO/recorded.yaml. Segments of a recorder stay whole. From onset - 2 min to
end + 2 min everything stays, but for noise that no analysis reads:

- journals and container logs: lines outside that span; the FLAG: lines and feature gates a kubelet prints at its
  start, and each failed exec, which its prober repeats; what a Docker daemon says of single containers and images when
  it is asked for them; the stack traces and network ports of the kernel; the continued lines (indented) of lines that go;
  what kubelet and containerd say of volumes, sandboxes and plugins with which all is well;
  of containerd's TaskOOM, which one kill repeats for every container of a node, the first for each
- metrics/ID.json: samples outside that span, and series without samples left; answers without a series stay as they are;
  of latencies, kinds of objects and file systems only the eight series with the highest peak
- metrics/targets.json: discoveredLabels and droppedTargets, which repeat what the scrape configuration says
- nodes/*/kubelet/metrics*.txt and controlplane/*.metrics.txt: HELP and TYPE lines, histogram buckets, samples that are
  zero, and families that say nothing of an incident: feature gates, sizes of answers, the Go runtime; unless
  recorded.yaml says `keep: control-plane`, also how long the API server took for each kind of object
- events: managedFields, which name the program that the event names anyway
- controlplane/queues.csv: empty queues
- objects/cluster: roles, bindings and API services that every API server makes for itself
- meta/planned, meta/outcomes and meta/SHA256SUMS, which say again what outcomes.jsonl and manifest.json say, for an
  archive that was cut
- paths of the repository's folder become /src

Line numbers change, so trim before anything cites lines. Manifest and outcomes keep saying what was collected: a
reader of a folder does not compare them with the files. It says how large the fixture is at the end, by
`du -s --apparent-size`: what is over 1 MB says why in its recorded.yaml.
"""
import datetime
import json
import pathlib
import re
import shutil
import subprocess
import sys

MARGIN = datetime.timedelta(minutes=2)
ROOT = str(pathlib.Path(__file__).resolve().parent.parent)
NOISE = re.compile(
    r"\bFLAG: --|feature_gate\.go|feature gates: |Loaded (TLS|client)|klog\.go.*Unknown flag"
    r"|kernel: .*(entered|left) (\w+ state|promiscuous mode|allmulticast mode)"
    r"|docker: .*level=debug msg=(event module=libcontainerd|\"event forwarded|\"container mounted via|\"form data)"
    r"|docker: .*(level=debug msg=\"Calling GET /v[\d.]+/(containers|images)/[0-9a-fsh%:A]{20,}|msg=\"loading plugin)"
    r"|kubelet: .*\"ExecSync cmd from runtime service failed\""
    r"|kubelet: .*\"(operationExecutor\.(VerifyControllerAttachedVolume|UnmountVolume|MountVolume) started|UnmountVolume\.TearDown succeeded"
    r"|MountVolume\.SetUp succeeded|Volume detached for volume|Loaded volume plugin|Observed pod startup duration|Caches populated"
    r"|No ready sandbox for pod can be found|DeleteContainer returned error.*code = NotFound|ContainerStatus from runtime service failed.*code = NotFound)"
    r"|containerd: .*msg=\"?(loading plugin|skip loading plugin|starting signal loop|cleaning up|cleanup warnings"
    r"|Forcibly stopping sandbox|TearDown network for sandbox .* successfully)"
    r"|kernel: ( \?? ?[\w.]+\+0x|R[0-9A-Z]{2}: |CPU: |Code: |Call Trace:| </?TASK>)"
)
TASK_OOM = re.compile(r'msg="TaskOOM event .*?ContainerID:([0-9a-f]+)')
NO_SAMPLE = re.compile(
    r"^# |_bucket\{| 0$|^(go_|process_|kubernetes_feature_enabled|apiserver_selfrequest|apiserver_(response_sizes|request_body_size)"
    r"|authentication_token_cache|serviceaccount_|prober_probe_duration|apiserver_cel|workqueue_.*_seconds|rest_client|storage_operation|volume_manager_total|kubelet_http|kubelet_container_log)"
)
EACH_KIND = re.compile(
    r"^(etcd_request|apiserver_request(_sli)?_duration|apiserver_watch|apiserver_cache|apiserver_storage_|apiserver_resource|apiserver_longrunning"
    r"|etcd_bookmark|watch_cache|apiserver_admission|apiserver_flowcontrol|apiserver_terminated|field_validation|apiserver_init|apiserver_list)"
)
OWN = re.compile(r'"kubernetes.io/bootstrapping":"rbac-defaults"|"kube-aggregator.kubernetes.io/automanaged"')
PEAKS = ("*-latency.json", "apiserver-objects.json", "node-inodes-used.json", "node-disk-used.json")
AGAIN = ("meta/planned", "meta/outcomes", "meta/SHA256SUMS")
SHORT_PRECISE = re.compile(r"^([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)(?:\.\d+)? ")
RFC3339 = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z ")


def utc(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=datetime.timezone.utc)


class Span:
    def __init__(self, scenario):
        said = dict(re.findall(r"^(\w+): *(\S+)", (scenario / "recorded.yaml").read_text(), re.M))
        self.keeps_control_plane = said.get("keep") == "control-plane"
        self.start = utc(said["onset"].rstrip("Z")) - MARGIN
        self.end = utc(said["end"].rstrip("Z")) + MARGIN

    def holds(self, time):
        return self.start <= time <= self.end

    def time_of(self, line):
        """The time a line begins with, or None. Journals leave out the year."""
        if found := RFC3339.match(line):
            return utc(found[1])
        if found := SHORT_PRECISE.match(line):
            years = (self.start.year, self.end.year)
            times = [datetime.datetime.strptime(f"{year} {found[1]}", "%Y %b %d %H:%M:%S") for year in years]
            times = [time.replace(tzinfo=datetime.timezone.utc) for time in times]
            return min(times, key=lambda time: abs(time - self.start))
        return None


def trim_log(text, span):
    kept, keep, told = [], True, set()
    for line in text.splitlines(keepends=True):
        time = span.time_of(line)
        if time is not None:
            keep = span.holds(time) and not NOISE.search(line)
        if keep and (found := TASK_OOM.search(line)):
            keep = found[1] not in told
            told.add(found[1])
        if keep:
            kept.append(line)
    return "".join(kept)


def trim_range(text, span):
    answer = json.loads(text)
    result = answer.get("data", {}).get("result") if isinstance(answer, dict) else None
    if not isinstance(result, list) or not result:
        return text
    first, last = span.start.timestamp(), span.end.timestamp()
    for series in result:
        if "values" in series:
            series["values"] = [value for value in series["values"] if first <= float(value[0]) <= last]
    kept = [series for series in result if series.get("values", True)]
    answer["data"]["result"] = []
    frame = json.dumps(answer, separators=(",", ":"), ensure_ascii=False)
    # one series a line, as collect writes them: citations name lines
    lines = ",\n".join(json.dumps(series, separators=(",", ":"), ensure_ascii=False) for series in kept)
    return frame.replace('"result":[]', f'"result":[\n{lines}\n]') + "\n"


def trim_peaks(text, span):
    """As trim_range, and of what is left the eight series with the highest peak."""
    answer = json.loads(trim_range(text, span))
    result = answer.get("data", {}).get("result") if isinstance(answer, dict) else None
    if not isinstance(result, list) or len(result) <= 8:
        return trim_range(text, span)
    peaks = [max((float(value) for _, value in series.get("values", []) if value != "NaN"), default=0) for series in result]
    kept = sorted(range(len(result)), key=lambda index: -peaks[index])[:8]
    answer["data"]["result"] = [result[index] for index in sorted(kept)]
    return trim_range(json.dumps(answer), span)


def trim_targets(text, _):
    answer = json.loads(text)
    data = answer.get("data", {})
    data.pop("droppedTargets", None)
    for target in data.get("activeTargets", []):
        target.pop("discoveredLabels", None)
    return json.dumps(answer, separators=(",", ":"), ensure_ascii=False) + "\n"


def trim_exposition(text, span):
    lines = [line for line in text.splitlines(keepends=True) if not NO_SAMPLE.search(line)]
    return "".join(line for line in lines if span.keeps_control_plane or not EACH_KIND.search(line))


def trim_queues(text, _):
    head, *rows = text.splitlines(keepends=True)
    return head + "".join(row for row in rows if re.search(r",\s*[1-9]", row.split(",", 2)[-1]))


def trim_own(text, _):
    return "".join(line for line in text.splitlines(keepends=True) if not OWN.search(line))


def trim_events(text, _):
    events = [json.loads(line) for line in text.splitlines()]
    for event in events:
        event.get("metadata", {}).pop("managedFields", None)
    return "".join(json.dumps(event, separators=(",", ":"), ensure_ascii=False) + "\n" for event in events)


def trimmer(path):
    if path.match("nodes/*/journal/*.log") or path.match("logs/*/*/*/*.log"):
        return trim_log
    if path.match("metrics/targets.json"):
        return trim_targets
    if path.match("metrics/alerts.json") or path.match("metrics/rules.json"):
        return None
    if any(path.match(f"metrics/{name}") for name in PEAKS):
        return trim_peaks
    if path.match("metrics/*.json"):
        return trim_range
    if path.match("nodes/*/kubelet/metrics*.txt") or path.match("controlplane/*.metrics.txt"):
        return trim_exposition
    if path.match("controlplane/queues.csv"):
        return trim_queues
    if path.match("objects/*/*/events*.jsonl"):
        return trim_events
    if path.match("objects/cluster/*.jsonl"):
        return trim_own
    return None


def main():
    scenario = pathlib.Path(sys.argv[1])
    dry_run = "--dry-run" in sys.argv[2:]
    archive, span = scenario / "archive", Span(scenario)
    sizes = {}
    collected = archive / "collected"
    for again in (collected / again if collected.exists() else archive / again for again in AGAIN):
        if dry_run or not again.exists():
            continue
        if again.is_dir():
            shutil.rmtree(again)
        else:
            again.unlink()
    for path in sorted(archive.rglob("*")):
        if not path.is_file():
            continue
        before = path.read_text(encoding="utf-8", errors="surrogateescape")
        trim = trimmer(path)
        after = (trim(before, span) if trim else before).replace(ROOT, "/src")
        if after != before and not dry_run:
            path.write_text(after, encoding="utf-8", errors="surrogateescape")
        top = path.relative_to(archive).parts[0]
        count, old, new = sizes.get(top, (0, 0, 0))
        sizes[top] = (count + 1, old + len(before), new + len(after))
    for top, (count, old, new) in sizes.items():
        print(f"{top:14} {count:5} files {old / 1024:9.0f} KiB -> {new / 1024:9.0f} KiB")
    print(subprocess.run(["du", "-s", "--apparent-size", scenario], capture_output=True, text=True, check=True).stdout.strip())


if __name__ == "__main__":
    main()
