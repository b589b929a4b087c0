#!/usr/bin/env bash
# Kills a real recorder at random moments, and looks how much of what it had heard is lost.
#   tests/recorder-kills.sh [TIMES]     as root; starts the lab if it is not up; 100 times unless said otherwise, some ten minutes
# A label of a ConfigMap counts up ten times a second, and when the API server took each number is noted. Each time: SIGKILL
# up to eight seconds after the recorder began, in the folder that the runs before left. Then every segment has to open, and
# what is lost is how long before the kill the first number was taken that is not there.
set -euo pipefail
cd "$(dirname "$0")/.."
times=${1:-100}
. tests/lab/env.sh
[ -e "$LAB_HOME/up" ] || { tests/lab/build.sh && tests/lab/up.sh; }
cargo build --quiet
tool=$(realpath "${CARGO_TARGET_DIR:-target}")/debug/k8s-forensics
home=$(mktemp -d)
space=kills-$$
trap '[ -z "${proxy:-}" ] || kill "$proxy" 2>/dev/null; kubectl delete namespace "$space" --wait=false >/dev/null 2>&1; rm -rf "$home"' EXIT
export KUBECONFIG=$LAB_HOME/admin.kubeconfig
kubectl create namespace "$space" >/dev/null
kubectl -n "$space" create configmap stamp >/dev/null
kubectl proxy --port 0 >"$home/proxy" &
proxy=$!
until [ -s "$home/proxy" ]; do sleep 0.1; done
python3 - "$tool" "$home" "$times" "$(grep -o '[0-9]*$' "$home/proxy")" "$space" <<'PYTHON'
import json, os, random, subprocess, sys, threading, time, urllib.request

tool, home, times, port, space = sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:6]
MOST_LOST = 2.0  # seconds, as docs/record.md has it
os.chdir(home)
taken = []  # when the API server had taken each number


def count():
    url = f"http://127.0.0.1:{port}/api/v1/namespaces/{space}/configmaps/stamp"
    while True:
        patch = json.dumps({"metadata": {"labels": {"number": str(len(taken))}}}).encode()
        head = {"Content-Type": "application/merge-patch+json"}
        urllib.request.urlopen(urllib.request.Request(url, patch, head, method="PATCH")).read()
        taken.append(time.monotonic())
        time.sleep(0.1)


def run(*args):
    done = subprocess.run([tool, *args], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(args)} exited {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


threading.Thread(target=count, daemon=True).start()
lost, early = [], 0
for number in range(times):
    recorder = subprocess.Popen([tool, "record", "recording"], stderr=subprocess.PIPE, text=True)
    line = recorder.stderr.readline()
    if "recording into" not in line:
        sys.exit(f"it says {line}{recorder.stderr.read()}")
    began, limit = time.monotonic(), random.uniform(0.0, 8.0)
    time.sleep(limit)
    recorder.kill()
    killed = time.monotonic()
    recorder.wait()
    for segment in os.listdir("recording"):
        path = os.path.join("recording", segment)
        if segment.endswith(".zip"):
            run("verify", path)
            os.remove(path)  # it was looked at, and what it tells stands in the next one too
        elif segment.endswith(".open"):
            run("show", path, "coverage")
    if killed - began < MOST_LOST:
        early += 1  # the lists may not have come
        continue
    shown = json.loads(run("show", "recording", "get", "configmap", "stamp", "-n", space, "-o", "json"))
    first = int(shown["metadata"]["labels"]["number"]) + 1
    lost.append(max(0.0, killed - taken[first]) if first < len(taken) else 0.0)
    if lost[-1] > MOST_LOST:
        sys.exit(f"kill {number} lost {lost[-1]:.2f} s")
lost.sort()
print(f"{times} kills: each left segments that open; {early} came within {MOST_LOST:.0f} s of the beginning; of the others "
      f"half lost at most {lost[len(lost) // 2]:.2f} s, the worst {lost[-1]:.2f} s")
PYTHON
