#!/bin/bash
# Makes what QEMU boots: Debian's own kernel, and an initial RAM disk with its bluetoothd, D-Bus, Python and the packages
# of the agent's lock. The agent itself comes by a shared folder when the machine runs.
# Usage: image.sh SUITE OUTDIR      SUITE: bookworm (BlueZ 5.66) or trixie (BlueZ 5.82); as root, after apt-get update.
set -euo pipefail
# chroot and depmod are there, which a plain account does not look at.
PATH=$PATH:/usr/sbin:/sbin
suite=$1
repository=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
root=$out/root kernel=$out/kernel
rm -rf "$root" "$kernel"

# The plain kernel: the one for clouds has no Bluetooth. It is fetched by the new system's own apt and only unpacked.
# shellcheck disable=SC2016
fetch='mkdir "$1/fetched" && chroot "$1" sh -c "cd /fetched && apt-get -o APT::Sandbox::User=root -qq download \$(apt-cache depends linux-image-amd64 | grep -o \"linux-image-[0-9][^ ]*\" | head -1)"'
mmdebstrap --quiet --variant=minbase --include=bluez,dbus,python3,kmod,busybox-static \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --customize-hook="$fetch" "$suite" "$root" >&2
mkdir "$kernel"
dpkg-deb -x "$root"/fetched/linux-image-*.deb "$kernel"
cp "$kernel"/boot/vmlinuz-* "$out/vmlinuz"

# The agent's packages as a Pi has them, for the Python of the new system; the one without a wheel is pure Python. The
# radio on the other side of /dev/vhci is Bumble.
python=$(chroot "$root" python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
# Without hashes and comments, but with what each is for: pip leaves out what is for other systems.
sed -n 's/^\([a-z0-9].*[^ ]\) \\$/\1/p' "$repository/deploy/locks/agent.txt" >"$out/agent.txt"
wheels() {
    "$repository/.venv/bin/python" -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-compile \
        --no-deps --target "$root/opt/site" "$@" >&2
}
grep -v '^sdnotify' "$out/agent.txt" >"$out/wheels.txt"
wheels --python-version "$python" --only-binary=:all: -r "$out/wheels.txt"
grep '^sdnotify' "$out/agent.txt" >"$out/pure.txt"
wheels -r "$out/pure.txt"
wheels --python-version "$python" --only-binary=:all: bumble==0.0.236 pyee
chroot "$root" python3 -m compileall -q -j2 /opt/site >/dev/null || true

# Of the kernel's modules only what is needed, each with what it needs.
modules=$(dirname "$(find "$kernel" -name modules.order)")
release=$(basename "$modules")
[ -d "$kernel/lib/modules" ] || {
    mkdir -p "$kernel/lib"
    ln -s "$(dirname "$modules")" "$kernel/lib/modules"
}
depmod -b "$kernel" "$release"
needed=$(for module in virtio_pci virtio_net 9pnet_virtio 9p hci_vhci bluetooth cmac ecb aes_generic ctr hmac sha256_generic \
    sha512_generic drbg jitterentropy_rng ecdh_generic algif_hash algif_skcipher; do
    modprobe -d "$kernel" -S "$release" --show-depends "$module" 2>/dev/null | sed -n 's/^insmod //p'
done | sort -u)
for module in $needed; do
    place=$root/usr/lib/modules/${module#*/lib/modules/}
    mkdir -p "$(dirname "$place")"
    cp "$module" "$place"
done
cp "$modules"/modules.{order,builtin,builtin.modinfo} "$root/usr/lib/modules/$release/"
depmod -b "$root" "$release"

# The first process: it mounts what is shared, runs one command, leaves its status and switches off.
cat >"$root/init" <<'END'
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin PYTHONPATH=/opt/site:/src PYTHONDONTWRITEBYTECODE=1 HOME=/root LC_ALL=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mkdir -p /run/dbus /src /out /var/lib/bluetooth
modprobe -a virtio_pci virtio_net 9pnet_virtio 9p hci_vhci
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose src /src
mount -t 9p -o trans=virtio,version=9p2000.L out /out
busybox ip link set lo up
card=$(ls /sys/class/net | grep -v lo | head -1)
busybox ip addr add 10.0.2.15/24 dev "$card"
busybox ip link set "$card" up
dbus-uuidgen --ensure
dbus-daemon --system --fork --nopidfile
echo "up after $(cut -d' ' -f1 /proc/uptime) s: Linux $(uname -r), BlueZ $(/usr/libexec/bluetooth/bluetoothd -v), $(python3 -V)"
cd /src
sh /out/command
echo $? >/out/status
sync
busybox poweroff -f
END
chmod +x "$root/init"
rm -rf "$root"/fetched "$root"/var/cache/apt "$root"/var/lib/apt "$root"/boot/*
(cd "$root" && find . -print0 | cpio --null -o -H newc --quiet) >"$out/initrd.part"
rm -rf "$root" "$kernel"
mv "$out/initrd.part" "$out/initrd"
