#!/usr/bin/env python3
"""Makes the first picture of README.md: COLUMNS=100 target/release/k8s-forensics demo | docs/picture.py > docs/demo.svg

Needs the package rich. Shows the story, the cascade and the first factors of the summary that comes in on standard input,
as it comes in.
"""
import re
import sys

from rich.console import Console
from rich.text import Text

lines = sys.stdin.read().splitlines()
end = next(number for number, line in enumerate(lines) if line.startswith("Beside it"))
console = Console(record=True, width=100, file=open("/dev/null", "w"), highlight=False)
console.print(Text("$ k8s-forensics demo"))
for line in lines[:end]:
    console.print(Text(line))
svg = console.export_svg(title="k8s-forensics demo")
# nothing in the picture comes from the network
svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S).replace("Fira Code", "ui-monospace, Menlo, Consolas")
print(re.sub(r"<!--.*?-->", "", svg, flags=re.S))
