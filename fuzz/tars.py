#!/usr/bin/env python3
"""Writes small tars of every form, packed or not, into the folder that is given, for a fuzzer to begin with."""

import gzip
import io
import lzma
import pathlib
import sys
import tarfile
import zipfile


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("logs/a.log", "line\n" * 9)
        archive.writestr("flat", "x\n")
    return out.getvalue()


FILES = {
    "b/a.log": b"line\n" * 9,
    "./b//c:d": b"x",
    "b/" + "long-" * 30 + "/" + "path-" * 30: b"y",
    "b/e.log.gz": gzip.compress(b"packed\n"),
    "b/f.xz": lzma.compress(b"packed\n"),
    "b/nodes/n.zip": zipped(),
}


def made(form):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo("b/other")
            info.type, info.linkname = kind, "b/a.log"
            archive.addfile(info)
    return out.getvalue()


folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name, form in {"gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}.items():
    plain = made(form)
    (folder / f"{name}.tar").write_bytes(plain)
    (folder / f"{name}.tar.gz").write_bytes(gzip.compress(plain))
    (folder / f"{name}.tar.xz").write_bytes(lzma.compress(plain))
    (folder / f"{name}-cut.tar").write_bytes(plain[: len(plain) // 2])
(folder / "foreign.zip").write_bytes(zipped())
