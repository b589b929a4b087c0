"""A fleet of made-up clusters, and questions to its tables: see fleet.sh.

    fleet.py make FOLDER COUNT               # archives from the recordings
    fleet.py ask ENGINE TABLES QUERY.sql     # rows, tab-separated; ENGINE is duckdb, datafusion or spark
    fleet.py one-by-one REPORTS SIGNAL       # the same as clusters-with-signal.sql, by reading each report.json
    fleet.py measure COMMAND...              # seconds and peak memory of a command, whose output is dropped
"""

import json
import os
import re
import subprocess
import sys
import time
import zipfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parent.parent
QUERIES = ROOT / "docs/fleet"
MONTH = (datetime(2026, 11, 1), datetime(2026, 12, 1))


def shifted(text, days, about):
    """Text with every time within two days of `about` moved by whole days: ISO, klog, syslog and seconds since 1970."""
    near = {(about + timedelta(days=away)).date() for away in range(-2, 3)}
    moved = {day: day + timedelta(days=days) for day in near}

    def replace(form):
        known = {day.strftime(form): to.strftime(form) for day, to in moved.items()}
        return lambda found: known.get(found[0], found[0])

    text = re.sub(r"\d{4}-\d\d-\d\d", replace("%Y-%m-%d"), text)
    text = re.sub(r"\b(?:[A-Z][a-z]{2}) \d\d(?= \d\d:\d\d:\d\d)", replace("%b %d"), text)
    text = re.sub(r"(?<=\b[IWEF])\d{4}(?= \d\d:\d\d:\d\d\.)", replace("%m%d"), text)
    least, most = (int((about + timedelta(days=away)).timestamp()) for away in (-2, 2))

    def seconds(found):
        return str(int(found[0]) + days * 86400) if least <= int(found[0]) <= most else found[0]

    return re.sub(r"\b1\d{9}\b", seconds, text)


def make(folder, count):
    """Recordings in turn, each moved to a day of the month, with a context and a UID of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    recordings = sorted(path.parent.parent.parent for path in ROOT.glob("fixtures/*/archive/meta/archive.json"))
    for number in range(count):
        recording = recordings[number % len(recordings)]
        header = json.loads((recording / "archive/meta/archive.json").read_text())
        about = datetime.fromisoformat(header["to"][:19] + "+00:00")
        days = (MONTH[0] + timedelta(days=number * 7 % 30) - about.replace(tzinfo=None)).days + 1
        uid = header["cluster"].get("uid")
        new_uid = f"{number:08x}-0000-4000-8000-000000000000"
        name = f"cluster-{number:03}"
        with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            paths = sorted(path for path in (recording / "archive").rglob("*") if path.is_file())
            # The hashes are of what was recorded; without a manifest it is an archive that was never sealed.
            paths = [path for path in paths if path.name != "manifest.json"]
            paths.sort(key=lambda path: path.name != "archive.json")
            for path in paths:
                text = path.read_bytes().decode("utf-8", "surrogateescape")
                text = shifted(text, days, about)
                if uid:
                    text = text.replace(uid, new_uid)
                if path.name == "archive.json" and path.parent.name == "meta":
                    changed = json.loads(text)
                    changed["cluster"].update(context=name, uid=new_uid)
                    text = json.dumps(changed)
                inside = f"{name}/{path.relative_to(recording / 'archive')}"
                archive.writestr(inside, text.encode("utf-8", "surrogateescape"))


def statements(path):
    return [one.strip() for one in path.read_text().split(";") if re.sub(r"--.*", "", one).strip()]


def ask(engine, tables, query):
    query = Path(query).resolve()
    setup = statements(QUERIES / f"tables-{engine}.sql")
    os.environ["TZ"] = "UTC"
    time.tzset()
    os.chdir(tables)
    (question,) = statements(query)
    if engine == "duckdb":
        import duckdb

        connection = duckdb.connect()
        for statement in setup:
            connection.execute(statement)
        connection.execute("SET TimeZone = 'UTC'")
        rows = connection.execute(question).fetchall()
    elif engine == "datafusion":
        import datafusion

        context = datafusion.SessionContext()
        for statement in setup:
            context.sql(statement)
        table = context.sql(question).to_pydict()
        rows = list(zip(*table.values()))
    else:
        from pyspark.sql import SparkSession

        session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        session = session.config("spark.sql.session.timeZone", "UTC").getOrCreate()
        for statement in setup:
            session.sql(statement)
        rows = [tuple(row) for row in session.sql(question).collect()]
        session.stop()
    for row in rows:
        print(*(cell.strftime("%Y-%m-%dT%H:%M:%S") if isinstance(cell, datetime) else cell for cell in row), sep="\t")


def one_by_one(reports, signal):
    times, first, last = Counter(), {}, {}
    for path in sorted(Path(reports).glob("*/report.json")):
        report = json.loads(path.read_text())
        cluster = report["archive"]["cluster"].split("context ")[-1]
        for row in report["signals"]:
            if row["signal"] == signal and "2026-11-01" <= row["from"] < "2026-12-01":
                times[cluster] += 1
                first[cluster] = min(first.get(cluster, row["from"]), row["from"])
                last[cluster] = max(last.get(cluster, row["from"]), row["from"])
    for cluster, count in sorted(times.items(), key=lambda pair: (-pair[1], pair[0])):
        print(cluster, count, 1, first[cluster][:19], last[cluster][:19], sep="\t")


def measure(command):
    begun = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    assert status == 0, command
    seconds = time.monotonic() - begun
    processor = used.ru_utime + used.ru_stime
    print(f"{seconds:.2f} s, {processor:.2f} s of processor, {used.ru_maxrss / 1024:.0f} MiB at most")


match sys.argv[1:]:
    case ["make", folder, count]:
        make(Path(folder), int(count))
    case ["ask", engine, tables, query]:
        ask(engine, tables, query)
    case ["one-by-one", reports, signal]:
        one_by_one(reports, signal)
    case ["measure", *command]:
        measure(command)
    case _:
        sys.exit(__doc__)
