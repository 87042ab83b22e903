#!/usr/bin/env bash
# Makes the Swift SDK for one architecture of the device build: .sdk/lichen-ARCH.artifactbundle
#
#   tools/sdk.sh arm64|amd64
#   swift build -c release --swift-sdks-path .sdk --swift-sdk lichen-arm64 --scratch-path .build-arm64
#
# The SDK is Embedded Swift (the toolchain's own, for a machine without a system) on top of C
# libraries and kernel headers from Debian packages, linked to static Linux binaries.
#
# Packages are fetched once into .sdk/ARCH (tools/private-apt.sh). When nothing has changed, nothing
# is asked of the network.
#
#   MIRROR=   address of a Debian mirror (else the last one, or that in the machine's apt sources)
#   KEYRING=  the keys of Debian's archive (else those of the package debian-archive-keyring)
#   UPDATE=1  fetch the package index anew, and packages that have changed
set -euo pipefail
cd "$(dirname "$0")/.."

suite=trixie

# Package names of the suite. The -dev packages hold headers and static archives.
packages=(
    libc6-dev linux-libc-dev libcrypt-dev # libc and the kernel's headers
    libgcc-14-dev                         # crtbeginT.o, libgcc.a, libgcc_eh.a
    libsodium-dev liblmdb-dev libinih-dev libgpiod-dev libi2c-dev
)

die() {
    echo "tools/sdk.sh: $*" >&2
    exit 1
}

arch=${1:-}
case $arch in
    # The toolchain has Embedded Swift's library for machines without a system only; the C target
    # makes it Linux.
    arm64) swift_triple=aarch64-none-none-elf gnu_triple=aarch64-linux-gnu ;;
    amd64) swift_triple=x86_64-unknown-none-elf gnu_triple=x86_64-linux-gnu ;;
    *) die "say which: arm64 or amd64" ;;
esac

swift=$(command -v swift) || die "there is no swift in PATH; install a Swift 6.3 toolchain"
toolchain=$(dirname "$(dirname "$(readlink -f "$swift")")")

name=lichen-$arch
bundle=.sdk/$name.artifactbundle
work=$PWD/.sdk/$arch
private_apt=$work/apt
architectures=$arch
. tools/private-apt.sh

# What the SDK is made from. The index's date stands for the versions of the packages.
key() {
    {
        cat tools/sdk.sh tools/private-apt.sh
        echo "$toolchain $mirror"
        stat -c %Y "$toolchain/bin/swift-frontend"
        index_date
    } | sha256sum
}
if [ -z "${UPDATE:-}" ] && [ "$(cat "$bundle/key" 2>/dev/null)" = "$(key)" ]; then
    exit 0
fi

list() {
    echo "${packages[@]/%/:$arch}"
}

configure_apt
echo "Making the SDK for $arch from Debian $suite packages …" >&2
fetch_packages "$work/debs" list
debs=$(package_files "${packages[@]/%/:$arch}")

# The sysroot: merged /usr as on a real system, though some packages ship files under /lib.
rm -rf "$bundle"
sysroot=$bundle/$arch/sysroot
mkdir -p "$sysroot"/usr/{lib,bin,sbin}
for folder in lib bin sbin; do ln -s "usr/$folder" "$sysroot/$folder"; done
for deb in $debs; do
    dpkg-deb --fsys-tarfile "$work/debs/$deb" |
        tar -x -C "$sysroot" --keep-directory-symlink --no-same-owner
done
rm -rf "$sysroot"/usr/share "$sysroot"/etc "$sysroot"/var
# Absolute links would point into this machine's own root.
find "$sysroot" -type l -lname '/*' | while read -r link; do
    ln -sfnr "$sysroot$(readlink "$link")" "$link"
done

cat >"$bundle/info.json" <<JSON
{ "schemaVersion": "1.0",
  "artifacts": { "$name": { "type": "swiftSDK", "version": "1.0.0",
    "variants": [ { "path": "$arch",
      "supportedTriples": [ "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu" ] } ] } } }
JSON
cat >"$bundle/$arch/swift-sdk.json" <<JSON
{ "schemaVersion": "4.0",
  "targetTriples": { "$swift_triple": {
    "sdkRootPath": "sysroot",
    "swiftResourcesPath": "$toolchain/lib/swift",
    "toolsetPaths": [ "toolset.json" ] } } }
JSON
# Symbols stay in at link time, so that llvm-symbolizer can name a trap; the Makefile strips a copy.
# Comparing and hashing strings needs the Unicode tables, some float functions libm. A section a
# function lets the linker drop those that nobody calls: a third of `lichen`. Nothing here unwinds a
# stack (no exceptions, no cancelled threads), so the tables for that go, too: a twelfth. The linker
# finds their script in the sysroot's library folder.
cat >"$sysroot/usr/lib/no-unwinding.ld" <<LD
SECTIONS { /DISCARD/ : { *(.eh_frame) } } INSERT AFTER .text;
LD
cat >"$bundle/$arch/toolset.json" <<JSON
{ "schemaVersion": "1.0",
  "rootPath": "$toolchain/bin",
  "swiftCompiler": { "extraCLIOptions": [
    "-enable-experimental-feature", "Embedded", "-wmo", "-Osize",
    "-Xfrontend", "-function-sections",
    "-Xclang-linker", "--target=$gnu_triple", "-Xclang-linker", "-fuse-ld=lld",
    "-Xclang-linker", "-static" ] },
  "cCompiler": { "extraCLIOptions": [ "--target=$gnu_triple" ] },
  "linker": { "extraCLIOptions": [
    "--gc-sections", "--no-eh-frame-hdr", "-T", "no-unwinding.ld", "--build-id=sha1",
    "-L$toolchain/lib/swift/embedded/$swift_triple", "-lswiftUnicodeDataTables", "-lm" ] } }
JSON

# SwiftPM does not notice that an SDK has changed: what was built with the old one goes.
rm -rf ".build-$arch"
key >"$bundle/key"
