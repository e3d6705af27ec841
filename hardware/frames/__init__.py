"""temporary"""
import re
class FrameError(Exception): ...
def parse_hwid(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{10}", text): raise FrameError(text)
    return text.lower()
