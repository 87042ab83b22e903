#!/usr/bin/env bash
# Makes the virtual machine that tests run the arm64 build in: .build/guest/vmlinuz and initramfs;
# and vmlinuz-16k, the same kernel with pages of 16 KiB, as boards have it that use them
#
#   tools/guest.sh         after `make arm64`, which makes the programs that go into it
#
# The kernel is the one that Debian ships for boards, beside its own module gpio-sim, which Debian
# leaves out: it is built here from Debian's sources of the same kernel with the Swift toolchain's
# clang. Packages are fetched once into .sdk/guest, about 360 MB (tools/private-apt.sh); what is
# made of them is made anew where it has changed. MIRROR=, KEYRING=, UPDATE=1: see tools/sdk.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

suite=trixie
modules=(fs/configfs/configfs fs/fuse/cuse) # beside gpio-sim; the rest is built in
programs=(lichen guest-air)

die() {
    echo "tools/guest.sh: $*" >&2
    exit 1
}

swift=$(command -v swift) || die "there is no swift in PATH; install a Swift 6.3 toolchain"
toolchain=$(dirname "$(readlink -f "$swift")")
host=$(dpkg --print-architecture)

work=$PWD/.sdk/guest
private_apt=$work/apt
architectures=arm64
[ "$host" = arm64 ] || architectures="arm64 $host"
. tools/private-apt.sh

# MARK: the kernel and its modules, in .sdk/guest/kernel

kernel_key() {
    {
        cat tools/guest.sh tools/private-apt.sh
        echo "$toolchain $mirror"
        stat -c %Y "$toolchain/swift-frontend"
        index_date
    } | sha256sum
}

# Of the kernel that the suite's `linux-image-arm64` stands for.
list() {
    version=$(private_apt_cache depends linux-image-arm64 |
        sed -n 's/.*Depends: linux-image-\(.*\)-arm64$/\1/p')
    source=$(private_apt_cache depends linux-source | sed -n 's/.*Depends: //p')
    # libc6 runs this machine's kbuild programs, which a Debian of an older kernel's might not.
    echo "linux-image-$version-arm64:arm64" "linux-image-$version-arm64-16k:arm64" \
        "linux-headers-$version-arm64:arm64" \
        "linux-headers-$version-common:all" "linux-kbuild-$version:$host" "libc6:$host" \
        "$source:all" busybox-static:arm64
}

unpack() {
    mkdir -p "$2"
    dpkg-deb --fsys-tarfile "$work"/debs/"$1" | tar -x -C "$2" --no-same-owner
}

make_kernel() {
    local kernel=$work/kernel scratch=$work/scratch name
    # shellcheck disable=SC2046 # Names have no spaces.
    local files=" $(package_files $(list) | xargs) "
    for name in "$work"/debs/*; do
        [[ $files == *" ${name##*/} "* ]] || rm -f "$name" # of an older kernel
    done
    rm -rf "$kernel" "$scratch"
    mkdir -p "$kernel"
    for name in $files; do
        case $name in
            linux-source-*) unpack_source "$name" "$scratch/source" ;;
            linux-image-*-16k_*) unpack "$name" "$scratch/image-16k" ;;
            linux-image-* | busybox-*) unpack "$name" "$scratch/image" ;;
            *) unpack "$name" "$scratch/root" ;;
        esac
    done
    make_gpio_sim
    cp "$scratch"/image/boot/vmlinuz-* "$kernel/vmlinuz"
    cp "$scratch"/image-16k/boot/vmlinuz-* "$kernel/vmlinuz-16k"
    install -m 755 "$(find "$scratch/image" -name busybox -type f -path '*/bin/*')" \
        "$kernel/busybox"
    for name in "${modules[@]}"; do
        xz -dc "$scratch"/image/usr/lib/modules/*/kernel/"$name".ko.xz \
            >"$kernel/${name##*/}.ko"
    done
    "$toolchain/llvm-objcopy" --strip-debug "$scratch/module/gpio-sim.ko" "$kernel/gpio-sim.ko"
    rm -rf "$scratch"
}

# Takes three files out of the sources' archive, and reads no further than to the last of them.
unpack_source() {
    mkdir -p "$2"
    dpkg-deb --fsys-tarfile "$work/debs/$1" 2>/dev/null |
        tar -xO --wildcards './usr/src/linux-source-*.tar.xz' | xz -dc 2>/dev/null |
        tar -x -C "$2" --strip-components=1 --wildcards --occurrence=1 \
            'linux-source-*/drivers/gpio/gpio-sim.c' 'linux-source-*/drivers/gpio/gpiolib.h' \
            'linux-source-*/kernel/irq/irq_sim.c' || true
    [ -e "$2/kernel/irq/irq_sim.c" ] && [ -e "$2/drivers/gpio/gpio-sim.c" ] ||
        die "$1 does not hold the sources of gpio-sim"
}

# gpio-sim stands on irq_sim, which no module of Debian's kernel has either, and which uses one
# function that modules may not call and does the work of one that they may.
make_gpio_sim() {
    local module=$scratch/module usr=$scratch/root/usr headers common kbuild loader
    headers=$(echo "$usr"/src/linux-headers-*-arm64)
    common=$(echo "$usr"/src/linux-headers-*-common)
    kbuild=$(echo "$usr"/lib/linux-kbuild-*)
    mkdir -p "$module"
    cp "$scratch/source/drivers/gpio/gpio-sim.c" "$module/gpio-sim-core.c"
    cp "$scratch/source/drivers/gpio/gpiolib.h" "$module"
    sed 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq_safe(irqnum)/
        /^EXPORT_SYMBOL/d' "$scratch/source/kernel/irq/irq_sim.c" >"$module/irq_sim.c"
    # No traces of its calls: clang notes their places otherwise than this kernel expects.
    cat >"$module/Makefile" <<'MAKE'
obj-m := gpio-sim.o
gpio-sim-y := gpio-sim-core.o irq_sim.o
ccflags-remove-y := $(CC_FLAGS_FTRACE)
MAKE
    echo "include $common/Makefile" >"$headers/Makefile"
    # The kernel was configured for gcc, some of whose options clang does not have.
    cat >"$scratch/cc" <<CC
#!/bin/sh
for word do
    shift
    case \$word in
        -fmin-function-alignment=* | -fconserve-stack | -fno-allow-store-data-races) ;;
        *) set -- "\$@" "\$word" ;;
    esac
done
exec "$toolchain/clang" --target=aarch64-linux-gnu "\$@" -Wno-unknown-warning-option
CC
    # Programs of the suite, on whatever C library this machine has.
    loader=$(find "$usr/lib" -name 'ld-linux-*.so.*' -path '*-linux-gnu/*' | head -n 1)
    loader=${loader:-$(find "$usr/lib" -name 'ld-linux-*.so.*' | head -n 1)}
    on_suite "$kbuild/scripts/basic/fixdep" "$loader"
    mv "$kbuild/scripts/mod/modpost.real-lsb-64" "$kbuild/scripts/mod/modpost"
    on_suite "$kbuild/scripts/mod/modpost" "$loader"
    chmod +x "$scratch/cc"
    make -C "$headers" M="$module" ARCH=arm64 CC="$scratch/cc" HOSTCC="$toolchain/clang" \
        LD="$toolchain/ld.lld" AR="$toolchain/llvm-ar" NM="$toolchain/llvm-nm" \
        OBJCOPY="$toolchain/llvm-objcopy" CONFIG_DEBUG_INFO_BTF_MODULES= modules \
        >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2 && die "gpio-sim could not be built"; }
}

on_suite() {
    mv "$1" "$1.program"
    cat >"$1" <<RUN
#!/bin/sh
exec "$2" --library-path "$(dirname "$(find "$scratch/root" -name libc.so.6 | head -n 1)")" \
    "$1.program" "\$@"
RUN
    chmod +x "$1"
}

if [ -n "${UPDATE:-}" ] || [ "$(cat "$work/kernel/key" 2>/dev/null)" != "$(kernel_key)" ]; then
    configure_apt
    echo "Making the guest's kernel from Debian $suite packages …" >&2
    fetch_packages "$work/debs" list
    make_kernel
    kernel_key >"$work/kernel/key"
fi

# MARK: the initramfs, in .build/guest

for name in "${programs[@]}"; do
    [ -x ".build/arm64/$name" ] || die "there is no .build/arm64/$name; run 'make guest'"
done
ingredients=(Tests/Guest/* "$work"/kernel/* "${programs[@]/#/.build/arm64/}")
guest_key() {
    sha256sum tools/guest.sh "${ingredients[@]}"
}
guest=.build/guest
if [ "$(cat "$guest/key" 2>/dev/null)" = "$(guest_key)" ]; then
    exit 0
fi
rm -rf "$guest"
root=$guest/root
mkdir -p "$root"/{bin,etc,lib/modules}
install -m 755 Tests/Guest/init "$root/init"
install -m 644 Tests/Guest/{group,*.conf} "$root/etc"
install -m 755 "$work/kernel/busybox" "${programs[@]/#/.build/arm64/}" "$root/bin"
install -m 644 "$work"/kernel/*.ko "$root/lib/modules"
find "$root" -exec touch -hd @0 {} +
(cd "$root" && find . | LC_ALL=C sort | cpio --quiet --create --format newc --owner 0:0 \
    --reproducible) >"$guest/initramfs"
rm -rf "$root"
cp "$work"/kernel/vmlinuz{,-16k} "$guest"
guest_key >"$guest/key"
