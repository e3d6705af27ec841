#!/bin/sh
# Installs the agent on a Raspberry Pi with 64-bit Raspberry Pi OS (Debian 12 or newer), or this release beside the one
# that runs. Run it as root from an unpacked release:  sudo hardware/raspberry_pi/install.sh
# It can be run again after anything.
set -eu
root=${PREFIX:-/opt/beacon-agent}
etc=${ETC:-/etc}
here=$(cd "$(dirname "$0")/../.." && pwd)

die() {
    echo "error: $*" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || die "須以 root 執行 / run it as root: sudo $0"
case $(uname -m) in
aarch64 | x86_64) ;;
*) die "須為 64 位元系統 / a 64-bit system is needed, this is $(uname -m): install Raspberry Pi OS (64-bit)" ;;
esac
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' "$here/checkin_api/__init__.py")
[ -n "$version" ] || die "這裡不是完整的發行檔 / no release in $here"

echo "[1/5] 系統套件 / system packages"
command -v bluetoothctl >/dev/null && python3 -c 'import ensurepip' 2>/dev/null || {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends bluez python3 python3-venv >/dev/null
}
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "須 Python 3.11 以上 / Python 3.11 or newer is needed"

echo "[2/5] 帳號 / account"
id beacon-agent >/dev/null 2>&1 ||
    useradd --system --home-dir /var/lib/beacon-agent --shell /usr/sbin/nologin --groups bluetooth beacon-agent

echo "[3/5] 程式 / program $version"
release=$root/releases/$version-$(date +%Y%m%d%H%M%S)
mkdir -p "$root/releases"
python3 -m venv "$release"
"$release/bin/pip" install -q --require-hashes -r "$here/deploy/locks/agent.txt" || die "下載套件失敗 / pip failed: check the network"
"$release/bin/pip" install -q --no-deps "$here"
"$release/bin/beacon-agent" --version

echo "[4/5] 服務 / service"
install -d -m 0755 "$etc/beacon-agent" "$etc/systemd/system/bluetooth.service.d"
[ -e "$etc/beacon-agent/agent.toml" ] || install -m 0644 "$here/hardware/raspberry_pi/agent.toml" "$etc/beacon-agent/"
# Passive scans beside the active one: without them a strict radio passes each beacon on once and no more.
daemon=$(systemctl cat bluetooth 2>/dev/null | sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' | tail -1)
cat >"$etc/systemd/system/bluetooth.service.d/experimental.conf" <<END
[Service]
ExecStart=
ExecStart=${daemon:-/usr/libexec/bluetooth/bluetoothd} --experimental
END
install -m 0644 "$here/hardware/raspberry_pi/beacon-agent.service" "$etc/systemd/system/"
systemctl daemon-reload
systemctl restart bluetooth

echo "[5/5] 切換 / switch over"
ln -sfn "$release" "$root/current.new"
mv -T "$root/current.new" "$root/current"
ln -sfn "$root/current/bin/beacon-agent" /usr/local/bin/beacon-agent 2>/dev/null || true
systemctl enable -q beacon-agent
if [ -e /var/lib/beacon-agent/enrolment.json ]; then
    systemctl restart beacon-agent
    echo "完成 / done: beacon-agent status"
else
    echo "完成；下一步 / done; next:"
    echo "  sudo -u beacon-agent beacon-agent enrol https://伺服器 一次碼"
    echo "  sudo systemctl restart beacon-agent"
fi
