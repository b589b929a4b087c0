#!/usr/bin/env python3
"""Writes small zips of every kind into the folder that is given, for a fuzzer to begin with."""

import io
import pathlib
import sys
import zipfile

HEADER = b'{"format":{"major":1,"minor":1},"tool":"t","cluster":{},"from":"2026-11-21T06:00:00Z",' \
    b'"to":"2026-11-21T08:00:00Z","started_at":"2026-11-21T08:00:00Z","options":{},"clocks":[]}'
OUTCOME = b'{"source":"s","subject":"p","status":"empty","at":"2026-11-21T06:00:00Z","took_ms":1}\n'
ENTRIES = {
    "a/meta/archive.json": HEADER,
    "a/logs/n/p/c/current.log": b"line\n" * 9,
    "a/empty": b"",
    "a/meta/outcomes.jsonl": OUTCOME,
    "a/meta/planned/0001.jsonl": b'{"source":"s","subject":"q"}\n',
    "a/meta/manifest.json": b'{"sha256":"00","entries":[{"path":"empty","bytes":0,"sha256":"11"}]}',
}


class Pipe(io.BytesIO):
    """Cannot seek, so that sizes come behind the data."""

    def seekable(self):
        return False

    def seek(self, *_):
        raise OSError

    tell = seek


def made(out, method, wide):
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in ENTRIES.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            with archive.open(info, "w", force_zip64=wide) as entry:
                entry.write(content)
    return out.getvalue()


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    whole = {
        "stored": made(io.BytesIO(), zipfile.ZIP_STORED, False),
        "deflated": made(io.BytesIO(), zipfile.ZIP_DEFLATED, False),
        "wide": made(io.BytesIO(), zipfile.ZIP_DEFLATED, True),
        "piped": made(Pipe(), zipfile.ZIP_DEFLATED, False),
    }
    for name, content in whole.items():
        (folder / name).write_bytes(content)
        (folder / f"{name}-cut").write_bytes(content[: len(content) // 2])
        (folder / f"{name}-without-end").write_bytes(content[:-22])
    (folder / "joined").write_bytes(whole["stored"] + whole["wide"])
    (folder / "between").write_bytes(b"before" + whole["deflated"] + b"behind")


if __name__ == "__main__":
    main()
