"""Reads what `export` wrote of one report with the programs that each form is for: see readers.sh.

    readers.py REPORT_DIR URL_OF_COLLECTOR LOG_OF_COLLECTOR
"""

import csv
import json
import logging
import re
import sys
import time
import urllib.request
from pathlib import Path

import frictionless
import jsonschema
import pyarrow.parquet
import pydot
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace
from timesketch.lib import utils

SCHEMAS = Path(__file__).parent.parent / "docs/schema"


def schema(name):
    """A validator of a schema, which must itself be one."""
    read = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(read)
    return jsonschema.Draft202012Validator(read, format_checker=jsonschema.FormatChecker())


def lines(path):
    return path.read_text().splitlines()


def table(folder, form):
    """How many rows a table has that is as its schema says."""
    # Two columns may have one name, as Jira wants them; a table for frictionless may not.
    with (folder / f"{form}.jsonl").open(newline="") as file:
        rows = list(csv.reader(file))
    described = json.loads((SCHEMAS / f"{form}.table.json").read_text())
    names = [field["name"] for field in described["fields"]]
    assert rows[0] == names, rows[0]
    for number, field in enumerate(described["fields"]):
        field["name"] = f"{number} {field['name']}"
    whole = [[field["name"] for field in described["fields"]], *rows[1:]]
    read = frictionless.Resource(data=whole, schema=frictionless.Schema.from_descriptor(described))
    found = read.validate()
    assert found.valid, found.flatten(["rowNumber", "fieldName", "note"])[:5]
    return len(rows) - 1


def traces(folder, url, log):
    """How many spans a collector took."""
    before = len(log.read_text())
    for line in lines(folder / "otlp.jsonl"):
        asked = urllib.request.Request(url, line.encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked) as answer:
            assert json.load(answer) == {"partialSuccess": {}}, "spans were refused"
    wanted = len(lines(folder / "otlp.jsonl"))
    for _ in range(200):
        took = re.findall(r'"spans": (\d+)', log.read_text()[before:])
        if len(took) == wanted:
            return sum(map(int, took))
        time.sleep(0.05)
    raise AssertionError(f"the collector told of {len(took)} of {wanted} requests")


def slices(folder):
    """How many slices a trace of Perfetto begins; each ends at most once, after it began."""
    trace = Trace.FromString((folder / "perfetto.jsonl").read_bytes())
    began, open_on = 0, {}
    for packet in trace.packet:
        event = packet.track_event if packet.HasField("track_event") else None
        if event is None or event.type == event.TYPE_COUNTER:
            continue
        on = open_on.setdefault(event.track_uuid, [])
        if event.type == event.TYPE_SLICE_BEGIN:
            began += 1
            on.append(packet.timestamp)
        else:
            assert on and on.pop() <= packet.timestamp, "an end without its beginning"
    return began


def main():
    folder, url, log = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    logging.disable(logging.CRITICAL)
    report = json.loads((folder / "report.json").read_text())
    wanted = len(report["signals"]) + sum(change["signal"] is None for change in report["changes"])
    schema("report").validate(report)
    for form, name in [("jsonl", "line"), ("timesketch", "timesketch"), ("llm", "llm")]:
        validator = schema(name)
        for line in lines(folder / f"{form}.jsonl"):
            if line.startswith("{"):
                validator.validate(json.loads(line))
    with (folder / "timesketch.jsonl").open() as file:
        events = list(utils.read_and_validate_jsonl(file)) if wanted else []
    parquet = pyarrow.parquet.read_table(folder / "parquet.jsonl").num_rows
    graph = pydot.graph_from_dot_data((folder / "dot.jsonl").read_text())
    assert graph is not None and len(graph) == 1, "no graph"
    spans = traces(folder, url, log)
    counts = {
        "csv": table(folder, "csv"),
        "timesketch": len(events),
        "parquet": parquet,
        "perfetto": slices(folder),
        # A span more for each cascade, and for what is in none.
        "otlp": spans - len(report["cascades"]) - 1,
    }
    assert set(counts.values()) == {wanted}, f"{wanted} rows, but {counts}"
    print(f"{folder.name}: {wanted} rows in each of {', '.join(counts)}; {table(folder, 'actions-csv')} actions, {spans} spans")


main()
