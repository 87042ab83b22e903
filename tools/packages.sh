#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that are missing: tools/packages.sh GROUP …
#
#   build    what a Swift toolchain needs to build and test the host programs
#   device   what the cross builds and the running of arm64 binaries need beside that
#   guest    what the tests' virtual arm64 board needs: QEMU, and tools to make its kernel module
#   python   what runs drivers in Python that others wrote, for the tests
#   bench    programs that Lichen is measured against, or with: without them those figures stay empty
#
# When nothing is missing it is silent and asks nothing of the network. No service is started.
set -euo pipefail

needed=()
wished=()

# Needs each that is not installed. A package may have other names in other releases: `a|b`.
need() {
    local names name
    for names in "$@"; do
        for name in ${names//|/ }; do
            installed "$name" && continue 2
        done
        needed+=("$names")
    done
}

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

have() {
    command -v "$1" >/dev/null
}

build() {
    # The toolchain's own libraries, the C library that it builds for, and the linker it calls.
    need libcurl4'|'libcurl4t64 libedit2 libncurses6 libsqlite3-0 libxml2
    need libc6-dev libgcc-12-dev'|'libgcc-13-dev'|'libgcc-14-dev'|'libgcc-11-dev
    have ld.gold || needed+=(binutils-gold'|'binutils)
    # What Lichen is made of.
    need libsodium-dev liblmdb-dev libgpiod-dev libi2c-dev libinih-dev
}

device() {
    need debian-archive-keyring gpgv xz-utils
    have qemu-aarch64-static || have qemu-aarch64 || needed+=(qemu-user-static'|'qemu-user)
}

python() {
    have python3 && python3 -m pip --version >/dev/null 2>&1 || needed+=(python3 python3-pip)
}

guest() {
    need debian-archive-keyring gpgv xz-utils make cpio
    have qemu-system-aarch64 || needed+=(qemu-system-arm)
}

bench() {
    local name
    for name in mosquitto babeld e2fsprogs mount; do
        installed "$name" || wished+=("$name")
    done
}

# Each name as this release has it: of `a|b` the first that apt knows, or else the first.
as_named_here() {
    local names name
    for names in "$@"; do
        for name in ${names//|/ }; do
            have apt-cache && apt-cache show "$name" >/dev/null 2>&1 && break
            name=${names%%|*}
        done
        echo "$name"
    done | xargs
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@" 2>/dev/null
    fi
}

may_install() {
    have apt-get && { [ "$(id -u)" = 0 ] || { have sudo && as_root true; }; }
}

# Shows what apt says only where it fails. A policy file keeps services from being started.
install() {
    local said names
    said=$(as_root apt-get -qq update 2>&1) || { echo "$said" >&2 && return 1; }
    names=$(as_named_here "$@")
    echo "Installing $names …" >&2
    # shellcheck disable=SC2016,SC2086 # Expanded by the inner shell; names have no spaces.
    said=$(as_root env DEBIAN_FRONTEND=noninteractive sh -c '
        policy=/usr/sbin/policy-rc.d
        if [ ! -e $policy ]; then
            trap "rm -f $policy" EXIT
            printf "#!/bin/sh\nexit 101\n" >$policy && chmod +x $policy
        fi
        apt-get -qq install --yes --no-install-recommends "$@"' install $names 2>&1) ||
        { echo "$said" >&2 && return 1; }
}

for group in "$@"; do
    case $group in
        build | device | guest | python | bench) "$group" ;;
        *)
            echo "tools/packages.sh: no group '$group'; there are build, device, guest, python and" \
                "bench" >&2
            exit 2
            ;;
    esac
done

if [ ${#needed[@]} != 0 ]; then
    if ! may_install || ! install "${needed[@]}"; then
        echo "Lichen needs packages that are missing here; please install them:" \
            "apt-get install $(as_named_here "${needed[@]}")" >&2
        exit 1
    fi
fi
if [ ${#wished[@]} != 0 ]; then
    if may_install && install "${wished[@]}"; then
        # Nor at the next boot.
        for name in "${wished[@]}"; do
            as_root systemctl disable --quiet "$name" >/dev/null 2>&1 || true
        done
    else
        echo "without ${wished[*]} installed, some comparisons stay empty" >&2
    fi
fi
