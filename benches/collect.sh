#!/usr/bin/env bash
# Times collect beside `kubectl cluster-info dump --all-namespaces`, in turns, on one cluster that it starts.
#   benches/collect.sh small [TURNS]    two nodes, 65 pods that have printed 9 MB; 7 turns unless said otherwise
#   benches/collect.sh large [TURNS]    200 simulated nodes, 5,000 pods with a log each, 5,000 config maps; 3 turns
#   benches/collect.sh larger [TURNS]   200 simulated nodes, 10,000 pods with a log each, 5,000 config maps; 1 turn
# As root; the first time it builds the lab's programs. Prints each figure's median, lowest and highest, ratios to the
# dump of the same turn, and the size of the zip beside that of a tar.gz of the same objects and logs. "As sent" is
# without redaction, so that what that costs can be told.
set -euo pipefail
cd "$(dirname "$0")/.."
size=${1:?small, large or larger}
. tests/lab/env.sh
[ ! -e "$LAB_HOME/up" ] || die "a lab is up, and this starts with a fresh one: tests/lab/down.sh"
cargo build --release --quiet
work=$(mktemp -d)
trap 'tests/lab/down.sh; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
tests/lab/build.sh
tests/lab/up.sh || { tests/lab/down.sh; tests/lab/up.sh; }

# deployments: 3 namespaces x 10 Deployments x 2 pods, each of which prints 150 kB
deployments() {
  local space app
  for space in alpha beta gamma; do
    kubectl create namespace "$space" --dry-run=client -o yaml
    for app in $(seq 10); do
      cat <<YAML
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app-$app, namespace: $space}
spec:
  replicas: 2
  selector: {matchLabels: {app: app-$app}}
  template:
    metadata: {labels: {app: app-$app}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: app
          image: lab/busybox:1
          command: [sh, -c, "awk 'BEGIN { for (i = 0; i < 1500; i++) print \"level=info i=\" i \" route=/cart/items status=200 took=\" i * 7 % 913 \"us user=u\" i % 97 \" msg=\\\\\"request served\\\\\"\" }'; sleep 3600"]
YAML
    done
    echo ---
  done
}

case $size in
small)
  turns=${2:-7}
  deployments | kubectl apply -f - >/dev/null
  wait_for 300 "the deployments" kubectl wait --for=condition=Available deployments --all -A --timeout 5s
  ;;
large)
  turns=${2:-3}
  tests/lab/scale/scale.sh up 200 5000 5000
  ;;
larger)
  turns=${2:-1}
  tests/lab/scale/scale.sh up 200 10000 5000
  ;;
*) die "small, large or larger, not $size" ;;
esac

python3 - "$PWD/target/release/k8s-forensics" "$work" "$turns" <<'PYTHON'
import os, shutil, statistics, subprocess, sys, tarfile, time, zipfile

tool, work, turns = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.chdir(work)
commands = {
    "kubectl dump": ["kubectl", "cluster-info", "dump", "--all-namespaces", "--output-directory", "dump"],
    "objects and logs": [tool, "collect", "-o", "some.zip", "--force", "--only", "objects,pod-logs"],
    "the same, as sent": [tool, "collect", "-o", "sent.zip", "--force", "--only", "objects,pod-logs", "--redact", "off", "--yes"],
    "standard": [tool, "collect", "-o", "all.zip", "--force"],
}


def timed(command):
    """Seconds by the clock, seconds of processor, peak memory in MiB."""
    if command[0] == "kubectl":
        shutil.rmtree("dump", ignore_errors=True)
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        sys.exit(f"{' '.join(command)} exited {process.returncode}\n{said.decode()}")
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


figures = {name: [] for name in commands}
for turn in range(turns):
    # Who goes first changes, so that no one always finds the API server warm.
    order = list(commands.items())
    first = turn % len(order)
    for name, command in order[first:] + order[:first]:
        figures[name].append(timed(command))


def shown(values):
    return f"{statistics.median(values):8.2f} ({min(values):.2f} to {max(values):.2f})"


print(f"{turns} turns; median (lowest to highest)")
for at, what in enumerate(["seconds", "seconds of processor", "MiB at most"]):
    print(f"\n{what}")
    dump = [figure[at] for figure in figures["kubectl dump"]]
    for name, measured in figures.items():
        values = [figure[at] for figure in measured]
        ratios = [value / other for value, other in zip(values, dump)]
        print(f"  {name:18} {shown(values):>32}   {shown(ratios)} of the dump")

parts = ("objects/", "logs/")
with zipfile.ZipFile("some.zip") as archive:
    entries = [entry for entry in archive.infolist() if entry.filename.split("/", 1)[1].startswith(parts)]
    # With its two headers and its name in both.
    packed = sum(entry.compress_size + 30 + 46 + 2 * len(entry.filename) for entry in entries)
    for entry in entries:
        archive.extract(entry, "unpacked")
with tarfile.open("same.tar.gz", "w:gz", compresslevel=6) as tar:
    tar.add("unpacked", arcname="same")
print(f"\n{len(entries)} objects' and logs' entries: {packed} bytes in the zip, {os.path.getsize('same.tar.gz')} as a tar.gz")
print(f"all of the zip: {os.path.getsize('some.zip')} bytes; standard: {os.path.getsize('all.zip')}; the dump unpacked: "
      f"{sum(os.path.getsize(os.path.join(folder, file)) for folder, _, files in os.walk('dump') for file in files)}")
PYTHON
