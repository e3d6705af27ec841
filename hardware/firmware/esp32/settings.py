"""What provisioning wrote into NVS; the key is taken from here by the beacon alone."""


class Settings:
    """Reads the namespace ``checkin``; what is not there has a default."""

    def __init__(self, nvs):
        self._nvs = nvs

    def number(self, name, default=None):
        """A number, or the default."""
        try:
            return self._nvs.get_i32(name)
        except OSError:
            return default

    def octets(self, name, size=128):
        """Some bytes, or None."""
        buffer = bytearray(size)
        try:
            return bytes(buffer[: self._nvs.get_blob(name, buffer)])
        except OSError:
            return None

    def is_provisioned(self):
        """Whether there is all that a beacon needs."""
        hwid, key = self.octets("hwid"), self.octets("key")
        return bool(hwid and key and len(hwid) == 5 and len(key) == 32 and self.number("step") is not None)
