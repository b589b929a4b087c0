#!/usr/bin/env python3
"""Writes a container image from scratch as a tar file in OCI layout, without any daemon:
    image.py FILE VERSION ARCHITECTURE=BINARY...
Each architecture has one layer: the program, the roots that TLS trusts, a user without a name elsewhere (65532), /tmp, and
/work, where it begins. A program that is not static, as one that is only tried, brings its libraries. The same binaries make the same bytes; times are those of SOURCE_DATE_EPOCH.
After the OCI image specification 1.1 (image-layout.md, config.md); containerd reads the name from the annotation
io.containerd.image.name."""
import gzip, hashlib, io, json, os, shutil, subprocess, sys, tarfile, time

USER = 65532
ROOTS = "/etc/ssl/certs/ca-certificates.crt"
NAME = "ghcr.io/k8s-forensics/k8s-forensics"
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
blobs = {}


def keep(content, media, **more):
    digest = hashlib.sha256(content).hexdigest()
    blobs["blobs/sha256/" + digest] = content
    return {"mediaType": media, "digest": "sha256:" + digest, "size": len(content), **more}


def add(tar, path, content=None, mode=0o644, owner=0):
    one = tarfile.TarInfo(path)
    one.mtime, one.mode, one.uid, one.gid = EPOCH, mode, owner, owner
    if content is None:
        one.type = tarfile.DIRTYPE
        tar.addfile(one)
    else:
        one.size = len(content)
        tar.addfile(one, io.BytesIO(content))


def libraries(binary):
    """The files that the loader would look for, which are none for what is released."""
    if not shutil.which("ldd"):
        return []
    listed = subprocess.run(["ldd", binary], capture_output=True, text=True, check=False)
    return sorted({word for word in listed.stdout.split() if word.startswith("/")}) if listed.returncode == 0 else []


def layer(binary):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for folder in ["etc", "etc/ssl", "etc/ssl/certs"]:
            add(tar, folder, mode=0o755)
        add(tar, "etc/passwd", f"forensics:x:{USER}:{USER}::/work:/none\n".encode())
        add(tar, "etc/group", f"forensics:x:{USER}:\n".encode())
        # Kubernetes and Docker put their own in its place; where nothing does, localhost is a name all the same
        add(tar, "etc/hosts", b"127.0.0.1 localhost\n::1 localhost\n")
        if os.path.exists(ROOTS):
            add(tar, ROOTS[1:], open(ROOTS, "rb").read())
        for library in libraries(binary):
            add(tar, library[1:], open(library, "rb").read(), 0o755)
        add(tar, "k8s-forensics", open(binary, "rb").read(), 0o755)
        add(tar, "tmp", mode=0o1777)
        add(tar, "work", mode=0o755, owner=USER)
    plain = plain.getvalue()
    return plain, gzip.compress(plain, 9, mtime=0)


def manifest(architecture, binary, version):
    plain, packed = layer(binary)
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(EPOCH))
    config = {
        "created": created,
        "architecture": architecture,
        "os": "linux",
        "config": {
            "User": f"{USER}:{USER}",
            "Env": ["PATH=/", "HOME=/work", "SSL_CERT_FILE=" + ROOTS],
            "Entrypoint": ["/k8s-forensics"],
            "WorkingDir": "/work",
            "Labels": {
                "org.opencontainers.image.title": "k8s-forensics",
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.licenses": "Apache-2.0",
                "org.opencontainers.image.source": "https://github.com/k8s-forensics/k8s-forensics",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(plain).hexdigest()]},
        "history": [{"created": created, "created_by": "packaging/image.py"}],
    }
    kind = "application/vnd.oci.image."
    whole = {
        "schemaVersion": 2,
        "mediaType": kind + "manifest.v1+json",
        "config": keep(json.dumps(config).encode(), kind + "config.v1+json"),
        "layers": [keep(packed, kind + "layer.v1.tar+gzip")],
    }
    platform = {"architecture": architecture, "os": "linux"}
    return keep(json.dumps(whole).encode(), whole["mediaType"], platform=platform)


def main(path, version, given):
    of = [manifest(*pair.split("=", 1), version) for pair in given]
    media = "application/vnd.oci.image.index.v1+json"
    all_of_them = keep(json.dumps({"schemaVersion": 2, "mediaType": media, "manifests": of}).encode(), media)
    names = {"org.opencontainers.image.ref.name": version, "io.containerd.image.name": f"{NAME}:{version}"}
    top = {"schemaVersion": 2, "mediaType": media, "manifests": [{**all_of_them, "annotations": names}]}
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        add(tar, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        add(tar, "index.json", json.dumps(top).encode())
        for folder in ["blobs", "blobs/sha256"]:
            add(tar, folder, mode=0o755)
        for name, content in sorted(blobs.items()):
            add(tar, name, content)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
