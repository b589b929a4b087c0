#!/usr/bin/env bash
# Kills a real collect at random moments, and looks whether anything that had been finished is lost.
#   tests/kills.sh [TIMES]     as root; starts the lab if it is not up; 100 times unless said otherwise
# Each time: SIGKILL after a random part of the time that a whole run takes; then analyze, verify and repair of what is
# left, and unzip, 7zz and Python's zipfile on the repaired zip. A watcher notes how far the file reaches while the run
# goes on; every entry that a second, independent reader of zip headers finds before that point has to be there after
# the kill and after the repair. That is more than is promised: two seconds are.
set -euo pipefail
cd "$(dirname "$0")/.."
times=${1:-100}
. tests/lab/env.sh
[ -e "$LAB_HOME/up" ] || { tests/lab/build.sh && tests/lab/up.sh; }
cargo build --release --quiet
tool=$PWD/target/release/k8s-forensics
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
exec python3 - "$tool" "$LAB_HOME/collector.kubeconfig" "$home" "$times" <<'PYTHON'
import os, random, struct, subprocess, sys, time, zipfile

tool, kubeconfig, home, times = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
env = {"KUBECONFIG": kubeconfig, "HOME": home, "PATH": os.environ["PATH"]}
os.chdir(home)


def run(*args, ok=(0,)):
    done = subprocess.run(args, env=env, capture_output=True, text=True)
    if done.returncode not in ok:
        sys.exit(f"{' '.join(args)} exited {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def clean():
    for name in os.listdir(home):
        if name.startswith("k."):
            os.remove(name)


def collect():
    return subprocess.Popen([tool, "collect", "-o", "k.zip"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def size(path):
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


def written(path, end):
    """The entries, without their top folder, that end before `end`: from the headers in front of them (APPNOTE 4.3.7)."""
    with open(path, "rb") as file:
        at, names = 0, []
        while at + 30 <= end:
            file.seek(at)
            fields = struct.unpack("<4s5H3I2H", file.read(30))
            assert fields[0] == b"PK\x03\x04", f"no header at byte {at}"
            packed, name, extra = fields[7], file.read(fields[9]), file.read(fields[10])
            if packed == 0xFFFFFFFF:
                packed = struct.unpack("<Q", extra[12:20])[0]
            at += 30 + len(name) + len(extra) + packed
            if at <= end:
                names.append(name.decode().split("/", 1)[1])
        return names


began = time.monotonic()
collect().wait()
whole = time.monotonic() - began
assert os.path.exists("k.zip"), "a run that nobody kills writes its archive"
print(f"a whole run takes {whole:.2f} s and {size('k.zip')} bytes", flush=True)

opened = sealed = early = entries = 0
for number in range(times):
    clean()
    limit = random.uniform(0.0, whole * 1.05)
    process, began, seen = collect(), time.monotonic(), []
    while time.monotonic() - began < limit and process.poll() is None:
        seen.append(size("k.zip.partial"))
        time.sleep(0.002)
    process.kill()
    process.wait()
    if os.path.exists("k.zip"):
        sealed += 1
        run(tool, "verify", "k.zip")
        continue
    if size("k.zip.partial") == 0:
        early += 1  # killed before the first byte: there is nothing to lose
        continue
    listed = run(tool, "show", "k.zip.partial", "entries", ok=(0, 1))
    if not listed:
        assert size("k.zip.partial") < 1500, "only a header may be unfinished at the beginning"
        early += 1
        continue
    run(tool, "analyze", "k.zip.partial", "-o", "k.report", "--json")
    opened += 1
    run(tool, "verify", "k.zip.partial", ok=(0, 5))  # sound, if only the renaming was left to do
    run(tool, "repair", "k.zip.partial", "-o", "k.repaired.zip")
    run(tool, "verify", "k.repaired.zip")
    run("unzip", "-tq", "k.repaired.zip")
    run("7zz", "t", "k.repaired.zip")
    with zipfile.ZipFile("k.repaired.zip") as repaired:
        assert repaired.testzip() is None
        there = {name.split("/", 1)[1] for name in repaired.namelist()}
    finished = {line.split()[1] for line in listed.splitlines()}
    kept = {name for name in finished if not name.startswith(("meta/planned/", "meta/outcomes/", "meta/redactions/"))}
    assert kept <= there, f"lost by repair: {sorted(kept - there)}"
    for name in written("k.zip.partial", max(seen, default=0)):
        assert name in finished, f"{name} had been written, and is not there after the kill"
    entries += len(finished)
    subprocess.run(["rm", "-rf", "k.report"])
print(f"{times} kills: {opened} cut archives opened, were repaired and passed unzip, 7zz and zipfile; "
      f"{sealed} had been sealed; {early} came before the first entry. {entries} entries, none lost.")
PYTHON
