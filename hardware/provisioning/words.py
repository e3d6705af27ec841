"""What the installers' command line says: each text in zh-TW and in English."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Language = Literal["zh", "en"]


class Text(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        """The text as this reader wants it."""
        return self.zh if language == "zh" else self.en


# The keys stand in JSON and stay as they are; the texts are for people.
FIELDS: Mapping[str, Text] = {
    "ad_length": Text("AD 長度", "AD length"),
    "ad_type": Text("AD 類型", "AD type"),
    "authentication_code": Text("驗證碼", "authentication code"),
    "battery": Text("電池", "battery"),
    "company": Text("公司代碼", "company"),
    "content": Text("內容", "content"),
    "device_message": Text("裝置訊息", "device message"),
    "flags": Text("旗標", "flags"),
    "frame_type": Text("訊框類型", "frame type"),
    "hwid": Text("硬體 ID (HWID)", "hardware ID (HWID)"),
    "ibeacon_length": Text("iBeacon 長度", "iBeacon length"),
    "ibeacon_type": Text("iBeacon 類型", "iBeacon type"),
    "local_name": Text("裝置名稱", "local name"),
    "major": Text("Major", "major"),
    "masked_timestamp": Text("時間戳記", "masked timestamp"),
    "measured_power": Text("一公尺處訊號強度", "measured power"),
    "measured_tx_power": Text("測得發射功率", "measured TxPower"),
    "minor": Text("Minor", "minor"),
    "padding": Text("補零", "padding"),
    "proximity_uuid": Text("識別 UUID", "proximity UUID"),
    "rolling_version": Text("版本與旗標", "version and flags"),
    "secure_message": Text("安全訊息", "secure message"),
    "time_step": Text("時間步", "time step"),
    "total_length": Text("總長度", "total length"),
    "uuid16": Text("16 位元 UUID", "16-bit UUID"),
}

# Source: Bluetooth Assigned Numbers, "Common Data Types".
AD_TYPES: Mapping[int, Text] = {
    0x01: Text("旗標", "Flags"),
    0x02: Text("16 位元服務 UUID（部分）", "incomplete list of 16-bit service UUIDs"),
    0x03: Text("16 位元服務 UUID（完整）", "complete list of 16-bit service UUIDs"),
    0x06: Text("128 位元服務 UUID（部分）", "incomplete list of 128-bit service UUIDs"),
    0x07: Text("128 位元服務 UUID（完整）", "complete list of 128-bit service UUIDs"),
    0x08: Text("裝置名稱（縮短）", "shortened local name"),
    0x09: Text("裝置名稱（完整）", "complete local name"),
    0x0A: Text("發射功率", "TX power level"),
    0x16: Text("服務資料（16 位元 UUID）", "Service Data of a 16-bit UUID"),
    0x21: Text("服務資料（128 位元 UUID）", "Service Data of a 128-bit UUID"),
    0xFF: Text("廠商資料", "manufacturer specific data"),
}
OTHER_AD_TYPE = Text("其他類型，LINE 不使用", "another type, not used by LINE")

# Source: Bluetooth Core Specification Supplement, Part A 1.3; bit 0 first.
FLAG_BITS = (
    Text("LE 有限可發現", "LE Limited Discoverable"),
    Text("LE 一般可發現", "LE General Discoverable"),
    Text("不支援 BR/EDR", "BR/EDR not supported"),
    Text("控制器同時支援 LE 與 BR/EDR", "simultaneous LE and BR/EDR (controller)"),
    Text("主機同時支援 LE 與 BR/EDR", "simultaneous LE and BR/EDR (host)"),
)
NO_FLAGS = Text("0：LINE Beacon 的旗標不可為 0", "0, which a LINE Beacon must not send")
