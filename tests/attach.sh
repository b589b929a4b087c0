#!/usr/bin/env bash
# `attach` against a real Gitea: one comment with files, a second run that changes it, and faults that change nothing.
#   tests/attach.sh [BINARY]     # needs Go, a C compiler, git, curl, jq; the first time it builds Gitea, some minutes
# GITEA=PROGRAM takes one that is there. Everything is in a folder of its own under target/ and ends with the script.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$(realpath "${1:-target/debug/k8s-forensics}")
version=v1.26.4
tools=$PWD/target/tools
gitea=${GITEA:-$tools/gitea}
module=$(cd / && GOFLAGS=-mod=mod go mod download -json "code.gitea.io/gitea@$version" | jq -r .Dir)
if [ ! -x "$gitea" ]; then
  mkdir -p "$tools"
  (cd "$module" && nice go build -p 2 -tags sqlite,sqlite_unlock_notify -o "$gitea" .)
fi

room=$(mktemp -d "$PWD/target/attach.XXXXXX") server=''
finish() {
  local status=$?
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
  [ "$status" = 0 ] || { echo "FAILED (line ${BASH_LINENO[0]})"; tail -5 "$room/said" "$room/web.log" 2>/dev/null; }
  [ -n "${KEEP:-}" ] || rm -rf "$room"
  exit "$status"
}
trap finish EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port
mkdir -p "$room/custom/conf"
cat >"$room/custom/conf/app.ini" <<INI
RUN_MODE = prod
RUN_USER = $(id -un)
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = $port
ROOT_URL = $url/
OFFLINE_MODE = true
DISABLE_SSH = true
STATIC_ROOT_PATH = $module
[database]
DB_TYPE = sqlite3
PATH = $room/gitea.db
[repository]
ROOT = $room/repositories
[security]
INSTALL_LOCK = true
SECRET_KEY = a-test
[log]
LEVEL = Warn
[attachment]
MAX_SIZE = 1
[cron]
ENABLED = false
INI
export GITEA_WORK_DIR=$room GITEA_CUSTOM=$room/custom
"$gitea" web --config "$room/custom/conf/app.ini" >"$room/web.log" 2>&1 & server=$!
for _ in $(seq 60); do curl -sf "$url/api/v1/version" >/dev/null && break; sleep 1; done

account() { # account NAME: a user, and a token of theirs
  "$gitea" admin user create --config "$room/custom/conf/app.ini" --username "$1" --password 'a-Passw0rd' \
    --email "$1@example.com" --must-change-password=false "${@:2}" >/dev/null
  token "$1" whole all
}
token() { # token NAME CALLED SCOPES
  "$gitea" admin user generate-access-token --config "$room/custom/conf/app.ini" --username "$1" \
    --token-name "$2" --scopes "$3" --raw | tail -1
}
admin=$(account oncall --admin)
other=$(account guest)
least=$(token oncall least write:issue,read:user,read:misc) # what docs/attach.md says that a token has to be allowed
api() { # api TOKEN METHOD PATH [JSON]
  curl -sf -X "$2" -H "Authorization: token $1" -H 'Content-Type: application/json' "$url/api/v1$3" ${4:+-d "$4"}
}
api "$admin" POST /user/repos '{"name": "infra", "auto_init": true}' >/dev/null
api "$admin" POST /repos/oncall/infra/issues '{"title": "Docker on node-2 stopped"}' >/dev/null
api "$other" POST /repos/oncall/infra/issues/1/comments '{"body": "I see it too"}' >/dev/null
issue=/repos/oncall/infra/issues/1
comments() { api "$admin" GET "$issue/comments"; }

report=$room/report
"$binary" analyze fixtures/memory-cascade/archive -o "$report" --for gitea >/dev/null 2>"$room/said"
sums() { (cd "$report" && sha256sum -- *); }
before=$(sums)

attach() { # attach WANTED_EXIT ARGUMENTS...: what it says is in said, what it prints in printed
  local wanted=$1 status=0; shift
  "$binary" attach "$report" "$@" >"$room/printed" 2>"$room/said" || status=$?
  if grep -F -e "$admin" -e "$least" -e "$other" "$room/printed" "$room/said"; then echo 'a token was shown'; exit 1; fi
  [ "$status" = "$wanted" ] || { echo "attach $*: exit $status, not $wanted"; cat "$room/said"; exit 1; }
  [ "$(sums)" = "$before" ] || { echo 'the report is not where it was'; exit 1; }
}
says() { grep -qF -- "$1" "$room/said" || { echo "not said: $1"; cat "$room/said"; exit 1; }; }
holds() { [ "$1" = "$2" ] || { echo "$3: $1, not $2"; exit 1; }; }

export GITEA_URL=$url GITEA_TOKEN=$least
attach 2 --to gitea:oncall/infra#1;                         says 'add --yes'
attach 0 --to gitea:oncall/infra#1 --dry-run;               holds "$(comments | jq length)" 1 'comments after a dry run'

attach 0 --to gitea:oncall/infra#1 --yes
holds "$(comments | jq length)" 2 'comments after the first run'
mine=$(comments | jq '.[1].id')
files() { api "$admin" GET "/repos/oncall/infra/issues/comments/$mine/assets" | jq -r '[.[] | .name] | sort | join(" ")'; }
ids() { api "$admin" GET "/repos/oncall/infra/issues/comments/$mine/assets" | jq -c '[.[] | .id] | sort'; }
holds "$(files)" 'postmortem.md report.json timeline.html.gz' 'files'
first=$(ids)
holds "$(comments | jq -r '.[1].body' | tail -n +3 | sed '/^Attached: /,$d')" "$(cat "$report/postmortem.gitea.md")" 'the text'
page=$(api "$admin" GET "/repos/oncall/infra/issues/comments/$mine/assets" | jq -r '.[] | select(.name == "timeline.html.gz").browser_download_url')
holds "$(curl -sf -H "Authorization: token $admin" "$page" | gunzip | sha256sum)" "$(sha256sum <"$report/timeline.html")" 'the page'

printf '\nmore\n' >>"$report/postmortem.gitea.md"; before=$(sums)
attach 0 --to gitea:oncall/infra#1 --yes;                   says 'changed the comment'
holds "$(comments | jq length)" 2 'comments after the second run'
holds "$(comments | jq '.[1].id')" "$mine" 'the comment'
holds "$(files)" 'postmortem.md report.json timeline.html.gz' 'files after the second run'
[ "$(ids)" != "$first" ] || { echo 'the files are the old ones'; exit 1; }
holds "$(comments | jq -r '.[0].body')" 'I see it too' 'the comment of another'
comments | jq -re '.[1].body' | grep -qx more

# a file that people put there stays; another name is another comment; another account has its own
curl -sf -H "Authorization: token $admin" -F attachment=@README.md "$url/api/v1/repos/oncall/infra/issues/comments/$mine/assets" >/dev/null
attach 0 --to gitea:oncall/infra#1 --yes
holds "$(files)" 'README.md postmortem.md report.json timeline.html.gz' 'files with one of people'
attach 0 --to gitea:oncall/infra#1 --yes --name second --no-files
GITEA_TOKEN=$other attach 0 --to gitea:oncall/infra#1 --yes --no-files
holds "$(comments | jq length)" 4 'comments of two names and two accounts'

# what people made of it stays
body=$(comments | jq '{body: (.[1].body + "\nmy own words")}')
api "$admin" PATCH "/repos/oncall/infra/issues/comments/$mine" "$body" >/dev/null
attach 1 --to gitea:oncall/infra#1 --yes;                   says '--force'
comments | jq -r '.[1].body' | grep -q 'my own words'
attach 0 --to gitea:oncall/infra#1 --yes --force
if comments | jq -r '.[1].body' | grep -q 'my own words'; then echo 'an edit stayed'; exit 1; fi

# faults: one clear error each, and nothing changed
count() { comments | jq -c '[.[] | [.id, .updated_at]]'; }
then=$(count)
GITEA_TOKEN=wrong attach 1 --to gitea:oncall/infra#1 --yes; says 'does not know the token (401)'
attach 1 --to gitea:oncall/infra#99 --yes;                  says 'there is no Gitea issue oncall/infra#99'
attach 1 --to gitea:oncall/nothing#1 --yes;                 says 'there is no Gitea issue oncall/nothing#1'
head -c 1100000 /dev/zero | tr '\0' ' ' >>"$report/report.json"; before=$(sums)
attach 1 --to gitea:oncall/infra#1 --yes;                   says 'report.json has'
GITEA_URL=http://127.0.0.1:1 attach 1 --to gitea:oncall/infra#1 --yes; says 'does not answer'
GITEA_URL=http://git.example.com attach 2 --to gitea:oncall/infra#1 --yes; says 'https'
(unset GITEA_TOKEN; attach 1 --to gitea:oncall/infra#1 --yes; says 'set GITEA_TOKEN')
holds "$(count)" "$then" 'comments after faults'
echo "ok: Gitea $version"
