#!/usr/bin/env bash
# Installs and runs each package that .ci/dist made: in an empty root, by dpkg, by rpm, by containerd, by krew; reads the
# formula with Ruby; asks each shell what it completes; prints sizes, and how long --version takes beside kubectl's.
#   tests/packages.sh [FOLDER]     as root on Debian 12 or a machine much like it; default: target/dist-files
# The minutes that it takes beyond .ci/dist are those of building krew. What cannot be tried here is said.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(cd "${1:-target/dist-files}" && pwd)
[ "$(id -u)" = 0 ] || { echo 'this needs root: it changes roots' >&2; exit 1; }
. tests/lab/env.sh
name=k8s-forensics
version=$(cargo pkgid --locked | sed 's/.*[#@]//')
machine=$(uname -m) arch=$(dpkg --print-architecture)
binary=$out/$name-$version-$machine-unknown-linux-musl
[ -x "$binary" ] || { echo "there is no $binary: .ci/dist $machine-unknown-linux-musl" >&2; exit 1; }
work=$(mktemp -d)
containerd=''
end() {
  [ -z "$containerd" ] || { kill "$containerd" 2>/dev/null && wait "$containerd" || true; }
  rm -rf --one-file-system "$work"
}
trap end EXIT
passed=0
ok() { passed=$((passed + 1)); echo "ok: $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
expect() { # expect WHAT PATTERN TEXT
  grep -qE -- "$2" <<<"$3" || { printf '%s\n' "$3" | tail -20 >&2; fail "$1: no $2"; }
  ok "$1"
}

need=()
for pair in zsh:zsh fish:fish rpm:rpm ruby:ruby minisign:minisign containerd:containerd runc:runc zip:zip; do
  command -v "${pair%%:*}" >/dev/null || need+=("${pair#*:}")
done
[ ${#need[@]} = 0 ] || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null; }

# an archive to look at
scenario=fixtures/memory-cascade/archive
cp -r "$scenario" "$work/incident"

sums() {
  (cd "$out" && sha256sum --quiet --check SHA256SUMS) && ok 'SHA256SUMS hold'
  # a throw-away key signs what the key of a release would
  mkdir "$work/signed"; cp "$out/SHA256SUMS" "$work/signed"
  minisign -G -W -p "$work/key.pub" -s "$work/key" >/dev/null
  (cd "$work/signed" && minisign -S -s "$work/key" -t test -m SHA256SUMS >/dev/null && minisign -V -q -p "$work/key.pub" -m SHA256SUMS)
  ok 'a signature by a throw-away key holds'
  echo >>"$work/signed/SHA256SUMS"
  ! (cd "$work/signed" && minisign -V -q -p "$work/key.pub" -m SHA256SUMS 2>/dev/null) || fail 'an altered file is said to be signed'
  ok 'and falls with the file'
}

empty_root() {
  local root=$work/empty
  mkdir -p "$root/tmp"; cp "$binary" "$root/it"; cp -r "$work/incident" "$root/incident"
  expect 'an empty root: --version' "^$name $version" "$(chroot "$root" /it --version)"
  expect 'an empty root: demo' 'cascade|->|first' "$(cd / && chroot "$root" /it demo 2>&1)"
  chroot "$root" /it analyze /incident -o /tmp/report >/dev/null && [ -s "$root/tmp/report/postmortem.md" ]
  ok 'an empty root: analyze'
  local small=$out/$name-analysis-$version-$machine-unknown-linux-musl
  cp "$small" "$root/small"
  chroot "$root" /small analyze /incident -o /tmp/small >/dev/null
  cmp "$root/tmp/report/postmortem.md" "$root/tmp/small/postmortem.md" && ok 'the analysis-only one writes the same draft'
}
small() { # comes last, so that all else is tried where it fails
  local small=$out/$name-analysis-$version-$machine-unknown-linux-musl
  [ "$(stat -c %s "$small")" -lt 10000000 ] || fail "the analysis-only one has $(stat -c %s "$small") bytes"
  ok "the analysis-only one has $(stat -c %s "$small") bytes, under 10 MB"
}

# A cluster of a name that only a name server knows, asked from an empty root in a network of its own: the musl resolver
# has to find it. The cluster is `serve` of the archive, which answers to no other name than localhost; without /etc/hosts
# only the name server tells it.
names() {
  local root=$work/names
  # What a kubeconfig does not name an authority for is trusted as the system trusts it, and an empty root trusts nobody.
  mkdir -p "$root/etc/ssl/certs" "$root/tmp"; cp "$binary" "$root/it"; cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  echo 'nameserver 127.0.0.53' >"$root/etc/resolv.conf"
  cat >"$work/dns.py" <<'PY'
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.53", 53))
open(sys.argv[1], "w").close()
while True:
    asked, who = s.recvfrom(512)
    end = asked.index(b"\0", 12) + 5
    kind = struct.unpack("!H", asked[end - 4:end - 2])[0]
    known = asked[12:end - 5].lower() == b"\x09localhost"
    answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1" if known and kind == 1 else b""
    s.sendto(asked[:2] + struct.pack("!HHHHH", 0x8180 if known else 0x8183, 1, bool(answer), 0, 0) + asked[12:end] + answer, who)
PY
  cat >"$work/names.sh" <<'SH'
set -eu
ip link set lo up
python3 "$1/dns.py" "$1/names-are-told" & dns=$!
"$2" serve "$1/incident" --kubeconfig "$1/kubeconfig" --port 8901 >/dev/null 2>&1 & serve=$!
trap 'kill $dns $serve' EXIT
for _ in $(seq 100); do [ -s "$1/kubeconfig" ] && [ -e "$1/names-are-told" ] && break; sleep 0.1; done
sed 's/127\.0\.0\.1:8901/localhost:8901/' "$1/kubeconfig" >"$3/kubeconfig"
chroot "$3" /it collect --kubeconfig /kubeconfig --profile quick -o /tmp/taken.zip 2>&1 || true
sed 's/127\.0\.0\.1:8901/no.cluster.test:8901/' "$1/kubeconfig" >"$3/kubeconfig"
chroot "$3" /it collect --kubeconfig /kubeconfig --profile quick -o /tmp/none.zip 2>&1 || echo "none: exit $?"
SH
  local said; said=$(unshare --net bash "$work/names.sh" "$work" "$binary" "$root" 2>&1 || true)
  expect 'a name that a name server knows is found, and its cluster collected from' 'taken\.zip' "$said"
  [ "$("$binary" show "$root/tmp/taken.zip" get pods -o json 2>/dev/null | grep -c '"kind": "Pod"')" -gt 0 ] || fail 'no pods were collected'
  ok 'the pods of that cluster are in the archive'
  expect 'and one that it does not know is not' 'none: exit 4|none: exit 1' "$said"
}

installed() { # installed ROOT: what both package formats bring
  chroot "$1" /usr/bin/$name --version >/dev/null
  expect "$2: called as a plugin it says so" 'Usage: kubectl forensics ' "$(chroot "$1" /usr/bin/kubectl-forensics --help)"
  for file in usr/share/man/man1/$name.1.gz usr/share/man/man1/$name-collect.1.gz usr/share/bash-completion/completions/$name \
    usr/share/fish/vendor_completions.d/$name.fish usr/share/doc/$name/copyright usr/share/doc/$name/bill-of-materials.cdx.json; do
    [ -s "$1/$file" ] || fail "$2 brings no $file"
  done
  expect "$2: a manual page" "$name.collect" "$(zcat "$1/usr/share/man/man1/$name-collect.1.gz")"
}
deb() {
  local root=$work/deb
  mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"; : >"$root/var/lib/dpkg/status"
  dpkg --root="$root" --log=/dev/null --install "$out/${name}_${version}_$arch.deb" >/dev/null
  expect '.deb: installed' 'ok installed' "$(dpkg-query --admindir="$root/var/lib/dpkg" -s $name)"
  installed "$root" .deb
  [ -s "$root/usr/share/zsh/vendor-completions/_$name" ] || fail '.deb brings nothing for zsh'
  dpkg --root="$root" --log=/dev/null --remove $name >/dev/null && [ ! -e "$root/usr/bin/$name" ] && ok '.deb: removed'
}
an_rpm() {
  local root=$work/rpm file
  file=$(find "$out" -name "$name-$version-*.$machine.rpm")
  mkdir -p "$root"
  rpm --root "$root" --force-debian --install "$file" 2>&1 | grep -v 'Header V\|warning' || true
  expect '.rpm: installed' "^$name-$version" "$(rpm --root "$root" -q $name)"
  installed "$root" .rpm
  [ -s "$root/usr/share/zsh/site-functions/_$name" ] || fail '.rpm brings nothing for zsh'
}

image() {
  local at=$work/containerd ctr
  mkdir -p "$at"
  chmod 755 "$work"; chmod -R a+rX "$work/incident" # the image's user is nobody here
  # as little as running a container needs, apart from any other containerd here
  printf 'version = 2\nroot = "%s/root"\nstate = "%s/state"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "%s/sock"\n' "$at" "$at" "$at" >"$at/config.toml"
  containerd --config "$at/config.toml" >"$at/log" 2>&1 & containerd=$!
  ctr=(ctr --address "$at/sock")
  for _ in $(seq 100); do "${ctr[@]}" version >/dev/null 2>&1 && break; sleep 0.1; done
  "${ctr[@]}" images import --snapshotter native "$out/$name-$version-image.tar" >"$at/imported" 2>&1 || { cat "$at/imported"; fail 'the image is not imported'; }
  local it; it=$("${ctr[@]}" images list -q | head -1)
  run() { "${ctr[@]}" run --rm --snapshotter native --read-only --mount "type=bind,src=$work,dst=/case,options=rbind:ro" "$@"; }
  expect 'the image: run by containerd' "^$name $version" "$(run "$it" one /k8s-forensics --version 2>&1)"
  expect 'the image: looks into an archive' 'KIND|SUBJECT|pods|NAME' "$(run "$it" two /k8s-forensics show /case/incident pods 2>&1)"
  expect 'the image: its user' '"User":"65532:65532"' "$("${ctr[@]}" content get "$("${ctr[@]}" content ls -q | while read -r blob; do "${ctr[@]}" content get "$blob" | head -c 400 | grep -q '"User"' && echo "$blob"; done | head -1)" | tr -d ' ')"
}

plugin() {
  local krew; krew=$(command -v krew) || krew=target/tools/bin/krew
  if [ ! -x "$krew" ]; then # two minutes
    GOBIN=$PWD/target/tools/bin GOFLAGS=-buildvcs=false go install sigs.k8s.io/krew/cmd/krew@v0.4.3
  fi
  export KREW_ROOT=$work/krew
  expect 'krew: installs from the manifest' 'Installed plugin: forensics' \
    "$("$krew" install --no-update-index --manifest="$out/krew-forensics.yaml" --archive="$out/$name-$version-$machine-unknown-linux-musl.tar.gz" 2>&1)"
  command -v kubectl >/dev/null || { echo 'kubectl is not here (tests/lab/build.sh builds it): the plugin was not run by it'; return; }
  local path=$KREW_ROOT/bin:$PATH
  expect 'kubectl forensics --version' "^$name $version" "$(PATH=$path kubectl forensics --version)"
  expect 'kubectl forensics: help by that name' 'Usage: kubectl forensics collect' "$(PATH=$path kubectl forensics collect --help)"
  expect 'kubectl forensics: so do errors' 'Usage: kubectl forensics show' "$(PATH=$path kubectl forensics show 2>&1 || true)"
  ln -s kubectl-forensics "$KREW_ROOT/bin/kubectl_complete-forensics"
  expect 'kubectl completes what is behind it' '^collect' "$(PATH=$path kubectl __complete forensics col 2>/dev/null)"
  expect 'kubectl completes its own flags there' '^staging' "$(PATH=$path KUBECONFIG=$work/contexts kubectl __complete forensics collect --context st 2>/dev/null)"
}

# Shells, each with what the packages bring, in a terminal's place.
shells() {
  local share=$work/share path=$work/path
  mkdir -p "$share" "$path"; ln -s "$binary" "$path/$name"
  tar -xzf "$out/$name-$version-$machine-unknown-linux-musl.tar.gz" -C "$share"
  local bash fish
  # shellcheck disable=SC2016
  bash='source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_TYPE=9; _clap_complete_k8s_forensics "$1" "${!#}" x; printf "%s\n" "${COMPREPLY[@]}"'
  asks_bash() { PATH=$path:$PATH bash -c "$bash" bash "$share/completions/$name.bash" "$@" 2>&1; }
  expect 'bash: a command' '^collect$' "$(asks_bash $name col)"
  expect 'bash: a kind of an archive' '^pods$' "$(asks_bash $name show "$work/incident" get po)"
  expect 'bash: contexts' '^staging$' "$(KUBECONFIG=$work/contexts asks_bash $name collect --context '')"
  # shellcheck disable=SC2016
  fish='source $argv[1]; complete -C $argv[2]'
  asks_fish() { PATH=$path:$PATH fish -N -c "$fish" "$share/completions/$name.fish" "$1" 2>&1; }
  expect 'fish: a command' '^collect' "$(asks_fish "$name col")"
  expect 'fish: a kind of an archive' '^pods' "$(asks_fish "$name show $work/incident get po")"
  expect 'fish: contexts' '^staging' "$(KUBECONFIG=$work/contexts asks_fish "$name collect --context ")"
  cp "$share/completions/$name.zsh" "$work/_$name"
  cat >"$work/ask.zsh" <<'ZSH'
zmodload zsh/zpty
zpty it zsh -f -i
say() { zpty -w it "$1" }
say 'PROMPT=; stty cols 200 -echo; fpath=('$1' $fpath); autoload -Uz compinit; compinit -u -D; zstyle ":completion:*" list-colors ""; LISTMAX=1000; bindkey "^I" list-choices; echo BEGINS'
zpty -r -m it line '*BEGINS*'
zpty -w -n it "$2"$'\t'
sleep 2
zpty -w -n it $'\x15echo ENDS\n'
while zpty -r it line; do print -r -- $line; [[ $line == *ENDS* ]] && break; done
zpty -d it
ZSH
  asks_zsh() { PATH=$path:$PATH timeout 30 zsh -f "$work/ask.zsh" "$work" "$1" 2>&1 | tr -d '\r' || true; }
  expect 'zsh: a command' 'collect' "$(asks_zsh "$name col")"
  expect 'zsh: a kind of an archive' 'pods|podtemplates|poddisruptionbudgets' "$(asks_zsh "$name show $work/incident get po")"
  expect 'zsh: contexts' 'staging' "$(KUBECONFIG=$work/contexts asks_zsh "$name collect --context ")"
  if command -v pwsh >/dev/null; then
    expect 'PowerShell reads it' '^yes' "$(pwsh -NoProfile -Command ". $share/completions/$name.powershell; 'yes'")"
  else
    expect 'PowerShell is not here: what it is given names it' 'Register-ArgumentCompleter' "$(cat "$share/completions/$name.powershell")"
  fi
}

brew() {
  ruby -c "$out/$name.rb" >/dev/null
  # the words of a formula, to see what it says
  expect 'the formula names the archive and its sum' "$(sha256sum <"$out/$name-$version-$machine-unknown-linux-musl.tar.gz" | cut -d' ' -f1)" "$(ruby -e '
    class Formula
      def self.method_missing(word, *said) = (puts "#{word} #{said.join(" ")}"; yield if block_given?)
      def self.test = nil
    end
    load ARGV[0]' "$out/$name.rb")"
}

quick() { # how long a command takes, the fastest of ten, in microseconds
  python3 - "$@" <<'PY'
import subprocess, sys, time
def once():
    began = time.perf_counter(); subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); return time.perf_counter() - began
print(int(min(once() for _ in range(10)) * 1e6))
PY
}
speed() {
  local ours theirs=-
  ours=$(quick "$binary" --version)
  ! command -v kubectl >/dev/null || theirs=$(quick kubectl version --client)
  echo "--version: $ours us; kubectl version --client: $theirs us"
  [ "$ours" -lt 10000 ] || fail '--version takes 10 ms or more'
  ok '--version takes less than 10 ms'
}

cat >"$work/contexts" <<'Y'
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: u, user: {}}]
contexts: [{name: production, context: {cluster: c, user: u}}, {name: staging, context: {cluster: c, user: u}}]
current-context: production
Y

parts=(sums empty_root names deb an_rpm image plugin shells brew speed small)
for part in ${PARTS:-"${parts[@]}"}; do "$part"; done
(cd "$out" && find . -maxdepth 1 -type f ! -name '*.minisig' -printf '%10s  %P\n' | LC_ALL=C sort -k2)
echo "$passed passed, 0 failed"
