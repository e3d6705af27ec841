#!/bin/sh
# Updates an agent to a signed release, and goes back if that one does not work:
#   sudo update.sh police-checkin-0.2.0.tar.gz          (beside it: police-checkin-0.2.0.tar.gz.sig)
# The release is signed with an Ed25519 key whose public half is /etc/beacon-agent/update.pub; see docs/installer.md.
set -eu
root=${PREFIX:-/opt/beacon-agent}
etc=${ETC:-/etc}
wait_s=${WAIT_S:-120}
bundle=${1:?"usage: update.sh RELEASE.tar.gz"}

die() {
    echo "error: $*" >&2
    exit 1
}

[ -f "$bundle.sig" ] || die "沒有簽章 / there is no $bundle.sig"
openssl pkeyutl -verify -pubin -inkey "$etc/beacon-agent/update.pub" -rawin -in "$bundle" -sigfile "$bundle.sig" >/dev/null 2>&1 ||
    die "簽章不符，未安裝 / the signature is wrong, nothing was installed"

before=$(readlink "$root/current" || true)
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
tar -xzf "$bundle" -C "$unpacked" --strip-components=1 --no-same-owner
"$unpacked/hardware/raspberry_pi/install.sh" || die "安裝失敗，仍用舊版 / the installation failed, the old release goes on"

echo "等待新版正常 / waiting until the new release works (${wait_s} s)"
waited=0
while ! "$root/current/bin/beacon-agent" status >/dev/null 2>&1; do
    if [ "$waited" -ge "$wait_s" ]; then
        [ -n "$before" ] || die "新版不正常，也沒有舊版 / the new release does not work, and there is none to go back to"
        ln -sfn "$before" "$root/current.new"
        mv -T "$root/current.new" "$root/current"
        systemctl restart beacon-agent
        die "新版不正常，已換回 / the new release does not work: went back to $before (journalctl -u beacon-agent)"
    fi
    sleep 2
    waited=$((waited + 2))
done
echo "完成 / done: $(readlink "$root/current")"
# The one before stays to go back to; older ones go.
for each in "$root"/releases/*; do
    case $each in
    "$(readlink "$root/current")" | "$before") ;;
    *) rm -rf "$each" ;;
    esac
done
