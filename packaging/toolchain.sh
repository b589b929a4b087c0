# shellcheck shell=bash
# What builds for other platforms than this machine's own; .ci/dist sources this. Each piece is kept in target/tools.
#   zig        C compiler and linker of every target, from PyPI, and cargo-zigbuild, which hands it to cargo
#   std        Rust's standard library of a target: what the toolchain has, or `rustup target add`; where rustup's server
#              is out of reach, Debian's rustc-web (bookworm-security has 1.96) builds it from Debian's rust-web-src
tools=$PWD/target/tools
debian=$tools/debian-rust

zig() { # puts cargo-zigbuild on the PATH
  command -v cargo-zigbuild >/dev/null && return
  if [ ! -x "$tools/zig/bin/cargo-zigbuild" ]; then
    python3 -m venv "$tools/zig" && "$tools/zig/bin/pip" --quiet install cargo-zigbuild==0.24.0 ziglang==0.15.2 || return
  fi
  PATH=$tools/zig/bin:$PATH
}

has_std() { # has_std RUSTC TARGET
  compgen -G "$("$1" --print target-libdir --target "$2" 2>/dev/null)/libstd-*.rlib" >/dev/null
}

debian_rust() { # Debian's compiler and the source of its standard library, unpacked beside all else and not installed
  [ -x "$debian/rustc" ] && return
  command -v apt-get >/dev/null || return
  local new=$debian.new
  rm -rf "$new"; mkdir -p "$new/deb"
  (cd "$new/deb" && apt-get -qq download rustc-web rust-web-src libstd-rust-web-dev libstd-rust-web-1.96 libllvm22 libz3-4) || return
  for package in "$new"/deb/*.deb; do dpkg-deb --extract "$package" "$new" || return; done
  rm -rf "${new:?}/deb" "${new:?}/usr/share" "$new"/usr/src/rustc-*/{compiler,src,debian}
  # shellcheck disable=SC2016 # it finds itself where it is then
  printf '#!/bin/sh\nhere=$(dirname "$0")\nLD_LIBRARY_PATH=$here/usr/lib/x86_64-linux-gnu exec "$here/usr/bin/rustc" "$@"\n' >"$new/rustc"
  chmod +x "$new/rustc" && "$new/rustc" --version >/dev/null && mv "$new" "$debian"
}

# Sets std to how the standard library of TARGET is had: here, rustup or source. Fails where it cannot be had.
# DIST_STD=source leaves the toolchain as it is and goes to the source at once.
find_std() { # find_std TARGET
  # shellcheck disable=SC2034 # .ci/dist reads it
  std=here
  if [ "${DIST_STD:-}" != source ]; then
    has_std rustc "$1" && return
    std=rustup
    command -v rustup >/dev/null && timeout 300 rustup target add "$1" >&2 && has_std rustc "$1" && return
  fi
  # shellcheck disable=SC2034
  std=source
  debian_rust >&2
}
