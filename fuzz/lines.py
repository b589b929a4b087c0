#!/usr/bin/env python3
"""Writes lines of every form of log that is known into the folder that is given, for a fuzzer to begin with."""

import pathlib
import sys

FORMS = {
    "klog": 'E1121 06:58:33.501922      74 controller.go:195] "Failed" err="Put \\"https://10.0.0.1\\": i/o timeout"\n'
    "I1121 06:58:33.501922      74 eviction_manager.go:366] eviction manager: attempting to reclaim memory\n",
    "kubelet-json": '{"ts":1795244313123.4,"caller":"a/b.go:1","msg":"Failed","v":0,"err":"Put \\"x\\""}\n',
    "access": '10.0.0.9 - - [21/Nov/2026:03:15:00 +0000] "GET /pay HTTP/1.1" 503 190 "-" "curl/8.5.0"\n'
              '[2026-11-21T03:15:00.123Z] "GET /pay HTTP/1.1" 503 UF,URX 0 91 24 - "10.0.0.9"\n'
              '10.0.0.9:53 [21/Nov/2026:03:15:00.655] web shop/<NOSRV> 0/-1/-1/-1/0 503 212 - - SC-- 1/1/0/0/0 0/0 "GET /"\n'
              '[INFO] 10.1.1.1:40 - 5 "A IN db. udp 41 false 4096" SERVFAIL qr,rd 41 2.001s\n',
    "dated": '2019-03-08 10:15:02.123456 W | etcdserver: x\n2026/11/21 03:15:00 [error] 12#12: *3 x\n',
    "logfmt": 'time="2026-11-21T06:58:33Z" level=error msg="a \\"b\\" \\n c" error="rpc error: code = Unknown"\n',
    "k0s": 'time="2026-11-21T06:58:33Z" level=info msg="E1121 06:58:33.5  7 a.go:1] \\"x\\"" component=kubelet\n',
    "zap": '{"level":"warn","ts":"2026-11-21T06:58:33.227+0100","caller":"a.go:1","msg":"slow","took":"7s"}\n',
    "bunyan": '{"name":"a","hostname":"h","pid":1,"level":50,"msg":"x","time":"2026-11-21T06:58:33Z","v":0}\n',
    "serilog": '{"@t":"2026-11-21T06:58:33Z","@l":"Error","@mt":"x {y}","y":[1,{"z":null}]}\n',
    "cri": "2026-11-21T06:58:33.1Z stdout P one\n2026-11-21T06:58:33.2Z stderr F two\n",
    "docker": '{"log":"\\u003ca\\u003e\\n","stream":"stderr","time":"2026-11-21T06:58:33.1Z"}\n',
    "syslog": "Nov 21 06:58:33 n kernel: [ 4071.489871] Out of memory: Killed process 1 (a)\n"
    "2026-11-21T06:58:33.120345+00:00 n systemd[1]: k3s.service: Failed with result 'exit-code'.\n",
    "journals": "nov. 21 06:58:33.518248 n kubelet[7]: x\n1795244313.518248 n a: x\n"
    "Sat 2026-11-21 06:58:33 UTC n a[1]: x\n2026-11-21T07:58:33+0100 n a: x\n",
    "months": "".join(f"{month} 20 09:44:10 n a: x\n" for month in ("Mär", "déc.", "kesä", "Şub", "лис", "11月", "de nov.")),
    "dmesg": "[Sat Nov 21 06:58:33 2026] EXT4-fs (sda1): Remounting filesystem read-only\n[    4.489871] x\n",
    "etcd-plain": "2026-11-21 06:58:33.123456 W | etcdserver: read-only range request took too long\n",
    "coredns": "[ERROR] plugin/errors: 2 db. A: read udp 10.1.1.1:5->10.96.0.10:53: i/o timeout\n",
    "python": 'Traceback (most recent call last):\n  File "/a.py", line 3, in f\nValueError: x\n',
    "java": "java.lang.Error: x\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: y\n\t... 2 more\n",
    "go": "panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:7 +0x1d\n",
    "auditd": "type=SYSCALL msg=audit(1795244400.123:42): arch=c000003e\n",
    "bytes": "Nov 21 06:58:33 n a: \udcff\udcfe\x1b[31m\n",
}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in FORMS.items():
        (folder / name).write_bytes(lines.encode("utf-8", "surrogateescape"))


if __name__ == "__main__":
    main()
