#!/usr/bin/env bash
# The templates for CI, by their published schemas and linters: tests/ci-templates.sh    # needs Python 3.9, Go, shellcheck
# Some seconds once what it needs is under target/tools.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/target/tools
python=$tools/ci-templates/bin/python
if ! "$python" -c 'import check_jsonschema, yaml' 2>/dev/null; then
  python3 -m venv "$tools/ci-templates"
  "$tools/ci-templates/bin/pip" install --quiet check-jsonschema==0.39.0 pyyaml
fi
actionlint=$tools/bin/actionlint
[ -x "$actionlint" ] || (cd / && GOBIN=$tools/bin GOFLAGS=-mod=mod nice go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12)

check() { "$python" -m check_jsonschema --builtin-schema "vendor.$1" "$2"; }
check github-actions action.yml
check gitlab-ci ci/gitlab.yml
room=$(mktemp -d); trap 'rm -rf "$room"' EXIT
# The examples of the page: each fenced block of YAML is a workflow of GitHub or a job of GitLab.
"$python" - "$room" <<'PYTHON'
import pathlib, re, sys, yaml
room = pathlib.Path(sys.argv[1])
blocks = re.findall(r"```yaml\n(.*?)```", pathlib.Path("docs/ci.md").read_text(), re.S)
assert blocks, "docs/ci.md has no examples"
for number, block in enumerate(blocks):
    kind = "workflow" if "jobs" in yaml.safe_load(block) else "gitlab"
    (room / f"{kind}-{number}.yml").write_text(block)
action = yaml.safe_load(pathlib.Path("action.yml").read_text())
for number, step in enumerate(action["runs"]["steps"]):
    if "run" in step:
        (room / f"step-{number}.bash").write_text("#!/bin/bash\nset -eo pipefail\n" + step["run"])
job = yaml.safe_load(pathlib.Path("ci/gitlab.yml").read_text())[".k8s-forensics"]
(room / "after_script.sh").write_text("#!/bin/sh\n" + "\n".join(job["after_script"]))
PYTHON
for one in "$room"/workflow-*.yml; do check github-workflows "$one"; "$actionlint" "$one"; done
for one in "$room"/gitlab-*.yml; do check gitlab-ci "$one"; done
shellcheck --severity info "$room"/step-*.bash "$room"/after_script.sh
echo "ok: $(ls "$room" | wc -l) templates, examples and scripts"
