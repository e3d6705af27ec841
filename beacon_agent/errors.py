"""What can go wrong in the agent, each with what to do about it."""

from enum import Enum


class AgentError(Exception):
    """The root of the agent's errors; its text is for the person at the machine."""


class RadioFault(Enum):
    """Why nothing can be heard; the value says what to do, in zh-TW and English."""

    NO_DBUS = (
        "連不上 D-Bus：請執行 sudo systemctl start dbus / cannot reach the system D-Bus: run sudo systemctl start dbus"
    )
    NO_BLUEZ = (
        "藍牙服務沒有執行：請執行 sudo apt install bluez && sudo systemctl enable --now bluetooth"
        " / bluetoothd is not running: run the same"
    )
    NO_ADAPTER = (
        "找不到藍牙介面：請插上 USB 藍牙或啟用內建藍牙，再以 bluetoothctl list 確認"
        " / no Bluetooth adapter: plug one in or enable the built-in one, then check with bluetoothctl list"
    )
    POWERED_OFF = (
        "藍牙已關閉：請執行 rfkill unblock bluetooth && bluetoothctl power on / Bluetooth is switched off: run the same"
    )
    NO_CENTRAL_ROLE = (
        "此藍牙介面不支援低功耗掃描：請換支援 BLE 4.0 以上的介面"
        " / this adapter cannot scan for Bluetooth Low Energy: use one with Bluetooth 4.0 or later"
    )
    DENIED = (
        "沒有使用藍牙的權限：請執行 sudo usermod -aG bluetooth $USER 後重新登入"
        " / not allowed to use Bluetooth: run the same and log in again"
    )
    LOST = (
        "掃描途中藍牙中斷，以下結果可能不完整：請確認介面未被拔除後重試"
        " / Bluetooth was lost while scanning, what was heard may be incomplete: check the adapter and try again"
    )
    OTHER = "藍牙掃描無法開始：請執行 systemctl status bluetooth / cannot scan: run systemctl status bluetooth"


class RadioError(AgentError):
    """The radio cannot be used, or no longer."""

    def __init__(self, fault: RadioFault, detail: str = "") -> None:
        self.fault, self.detail = fault, detail
        super().__init__(f"{fault.value} ({detail})" if detail else fault.value)
