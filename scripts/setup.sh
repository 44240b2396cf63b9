#!/usr/bin/env bash
# Installs the Debian packages that Ridgeline builds with; installs nothing that is there already.
# Works as root and through sudo. `setup.sh --demo` adds what the demo needs (pip, to fetch model weights).
set -euo pipefail

packages=(libhwloc-dev libpapi-dev libdnnl-dev pkg-config)
[[ ${1:-} == --demo ]] && packages+=(python3 python3-pip)

missing=()
for package in "${packages[@]}"; do
    if [[ $package == python3* ]] && python3 -m pip --version >/dev/null 2>&1; then continue; fi
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done

if ! command -v swift >/dev/null; then
    echo "setup: no 'swift' on the PATH; install a Swift 6.3 or later toolchain from swift.org first" >&2
    exit 69
fi
if ((${#missing[@]} == 0)); then exit 0; fi

elevate=()
if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
        echo "setup: needs root or sudo to install: ${missing[*]}" >&2
        exit 69
    fi
    elevate=(sudo)
fi
echo "setup: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${elevate[@]}" apt-get update -qq
"${elevate[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "setup: done" >&2
