#!/usr/bin/env bash
# Makes of the binaries in FOLDER whatever people install: an archive each, .deb, .rpm, a container image, a krew manifest,
# a Homebrew formula; then SHA256SUMS of all, and signatures.
#   packaging/packages.sh FOLDER VERSION
# The binary of this machine writes the completions and manual pages, which are the same everywhere.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$1" && pwd) version=$2
name=k8s-forensics
releases=https://github.com/k8s-forensics/k8s-forensics/releases/download/v$version
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# no clock in what is made: the same binaries make the same packages
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct)}
export SOURCE_DATE_EPOCH

binary() { # binary TARGET: its file, if it is there
  local file=$out/$name-$version-$1
  [ -f "$file" ] && echo "$file"
}
runs_here() { case $1 in "$(uname -m)"-unknown-linux-*) [ "$(uname -s)" = Linux ] ;; *) false ;; esac; }

own=''
for file in "$out/$name-$version"-*-linux-*; do
  [ -x "$file" ] && runs_here "${file#"$out/$name-$version-"}" && own=$file && break
done
[ -n "$own" ] || { echo "no binary in $out runs here, so there is nothing to write its manual pages" >&2; exit 1; }
share=$work/share
mkdir -p "$share/man" "$share/completions"
"$own" man "$share/man"
gzip -9n "$share"/man/*
for shell in bash fish powershell zsh; do "$own" completions $shell >"$share/completions/$name.$shell"; done
# zsh reads this file when it is first asked, and then it is a function: it has to answer, too
# shellcheck disable=SC2016 # zsh's
echo '[[ $funcstack[1] != _k8s-forensics ]] || _clap_dynamic_completer_k8s_forensics "$@"' >>"$share/completions/$name.zsh"
cp "$here/../LICENSE" "$share"

archives() { # what krew and Homebrew unpack, and whoever else
  local target folder file
  for target in x86_64-unknown-linux-musl aarch64-unknown-linux-musl x86_64-apple-darwin aarch64-apple-darwin x86_64-pc-windows-gnu; do
    file=$out/$name-$version-$target; [ -f "$file" ] || file=$file.exe
    [ -f "$file" ] || continue
    folder=$work/archive-$target
    mkdir -p "$folder"; cp -r "$share"/. "$folder"
    cp "$file" "$folder/$name$(case $target in *windows*) echo .exe ;; esac)"
    tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$folder" -c . | gzip -9n >"$out/$name-$version-$target.tar.gz"
  done
}
sum() { sha256sum "$1" | cut -d' ' -f1; }

nfpm() { # a Go module, built once
  local it; it=$(type -P nfpm) || it=$here/../target/tools/bin/nfpm
  if [ ! -x "$it" ]; then
    GOBIN=$(cd "$here/.." && pwd)/target/tools/bin GOFLAGS=-buildvcs=false go install github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2 >&2
  fi
  "$it" "$@"
}
system_packages() {
  local target arch file format zsh
  for target in x86_64-unknown-linux-musl:amd64 aarch64-unknown-linux-musl:arm64; do
    arch=${target#*:} target=${target%:*}
    file=$(binary "$target") || continue
    for format in deb rpm; do
      zsh=/usr/share/zsh/vendor-completions; [ $format = deb ] || zsh=/usr/share/zsh/site-functions
      sed -e "s|@VERSION@|$version|; s|@ARCH@|$arch|; s|@BINARY@|$file|; s|@SHARE@|$share|; s|@ZSH@|$zsh|; s|@BILL@|$file.cdx.json|" "$here/nfpm.yaml" >"$work/nfpm.yaml"
      nfpm package --config "$work/nfpm.yaml" --packager $format --target "$out" >/dev/null
    done
  done
}

krew() {
  local pair target file
  {
    sed "s|@VERSION@|$version|" "$here/krew.yaml"
    for pair in x86_64-unknown-linux-musl:linux:amd64 aarch64-unknown-linux-musl:linux:arm64 x86_64-apple-darwin:darwin:amd64 \
      aarch64-apple-darwin:darwin:arm64; do
      IFS=: read -r target os arch <<<"$pair"
      file=$out/$name-$version-$target.tar.gz; [ -f "$file" ] || continue
      printf '  - selector:\n      matchLabels:\n        os: %s\n        arch: %s\n' "$os" "$arch"
      printf '    uri: %s/%s\n    sha256: %s\n' "$releases" "$(basename "$file")" "$(sum "$file")"
      printf '    files:\n      - {from: ./%s, to: .}\n      - {from: ./LICENSE, to: .}\n    bin: %s\n' $name $name
    done
  } >"$out/krew-forensics.yaml"
}

formula() {
  local system cpu target file
  {
    sed -e "s|@VERSION@|$version|" "$here/formula.rb" | sed '/@DOWNLOADS@/,$d'
    for system in linux:unknown-linux-musl macos:apple-darwin; do
      for cpu in intel:x86_64 arm:aarch64; do
        target=${cpu#*:}-${system#*:} file=$out/$name-$version-$target.tar.gz
        [ -f "$file" ] || continue
        printf '  on_%s do\n    on_%s do\n      url "%s/%s"\n      sha256 "%s"\n    end\n  end\n' \
          "${system%:*}" "${cpu%:*}" "$releases" "$(basename "$file")" "$(sum "$file")"
      done
    done
    sed '1,/@DOWNLOADS@/d' "$here/formula.rb"
  } >"$out/$name.rb"
}

image() {
  local given=() file
  for pair in x86_64-unknown-linux-musl:amd64 aarch64-unknown-linux-musl:arm64; do
    ! file=$(binary "${pair%:*}") || given+=("${pair#*:}=$file")
  done
  [ ${#given[@]} = 0 ] || python3 "$here/image.py" "$out/$name-$version-image.tar" "$version" "${given[@]}"
}

signatures() {
  local key=${MINISIGN_KEY:-} files
  cd "$out"
  rm -f -- *.minisig SHA256SUMS
  files=$(find . -maxdepth 1 -type f -printf '%P\n' | LC_ALL=C sort)
  # shellcheck disable=SC2086 # names without blanks
  sha256sum -- $files >SHA256SUMS
  if [ -z "$key" ]; then
    echo 'unsigned: MINISIGN_KEY names no key'
    return
  fi
  # shellcheck disable=SC2086
  minisign -S -s "$key" -t "$name $version" -m SHA256SUMS $files >/dev/null
  echo 'signed: each file, and SHA256SUMS'
}

archives
system_packages
krew
formula
image
signatures
(cd "$out" && find . -maxdepth 1 -type f ! -name '*.minisig' -printf '%10s  %P\n' | LC_ALL=C sort -k2)
