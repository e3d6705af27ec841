"""What can go wrong in the agent, each with what to do about it."""

from enum import Enum


class AgentError(Exception):
    """The root of the agent's errors; its text is for the person at the machine."""


class RadioFault(Enum):
    """Why nothing can be heard; the value says so in zh-TW and English, and ends with what to do."""

    NO_DBUS = "連不上系統 D-Bus / cannot reach the system D-Bus: sudo systemctl start dbus"
    NO_BLUEZ = (
        "藍牙服務沒有執行 / bluetoothd is not running: sudo apt install bluez && sudo systemctl enable --now bluetooth"
    )
    NO_ADAPTER = (
        "找不到藍牙介面，請插上或啟用後以右列指令確認 / no Bluetooth adapter, plug one in or enable it, then check: "
        "bluetoothctl list"
    )
    POWERED_OFF = "藍牙已關閉 / Bluetooth is switched off: sudo rfkill unblock bluetooth && bluetoothctl power on"
    NO_CENTRAL_ROLE = (
        "此藍牙介面不能掃描低功耗藍牙，請改用藍牙 4.0 以上的介面"
        " / this adapter cannot scan for Bluetooth Low Energy: use one with Bluetooth 4.0 or later"
    )
    DENIED = (
        "沒有使用藍牙的權限，執行後請重新登入 / not allowed to use Bluetooth, log in again after: "
        "sudo usermod -aG bluetooth $USER"
    )
    LOST = (
        "掃描途中藍牙中斷，結果可能不完整，請檢查介面後重試"
        " / Bluetooth was lost while scanning, the result may be incomplete: check the adapter, then try again"
    )
    OTHER = "無法掃描，請查看藍牙服務狀態 / cannot scan, look at the service: systemctl status bluetooth"


class RadioError(AgentError):
    """The radio cannot be used, or no longer."""

    def __init__(self, fault: RadioFault, detail: str = "") -> None:
        self.fault, self.detail = fault, detail
        super().__init__(f"{fault.value} ({detail})" if detail else fault.value)
