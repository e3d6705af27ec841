"""Non-volatile storage whose content outlives a power cut, and which can lose its power at any write."""


class PowerCut(Exception):
    pass


class NVS:
    stored = {}
    writes = 0
    # Which write is the last: the power goes just before it took effect, or just after.
    cut_at = None
    cut_after = False
    broken = False

    def __init__(self, namespace):
        self._kept = NVS.stored.setdefault(namespace, {})
        self._waiting = {}

    def get_i32(self, name):
        if not isinstance(self._kept.get(name), int):
            raise OSError(-0x1102)
        return self._kept[name]

    def get_blob(self, name, buffer):
        value = self._kept.get(name)
        if not isinstance(value, bytes):
            raise OSError(-0x1102)
        buffer[: len(value)] = value
        return len(value)

    def set_i32(self, name, value):
        if not -(2**31) <= value < 2**31:
            raise OverflowError
        self._waiting[name] = value

    def set_blob(self, name, value):
        self._waiting[name] = bytes(value)

    def commit(self):
        if NVS.broken:
            raise OSError(-0x1105)
        NVS.writes += 1
        cut = NVS.writes == NVS.cut_at
        if cut and not NVS.cut_after:
            raise PowerCut
        self._kept.update(self._waiting)
        self._waiting = {}
        if cut:
            raise PowerCut
