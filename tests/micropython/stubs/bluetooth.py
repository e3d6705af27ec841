"""A radio that writes down what it is told to send."""


class BLE:
    def __init__(self):
        self.now_ms = 0
        self.log = []
        self._hex = {None: None}

    def active(self, on=None):
        return True

    def gap_advertise(self, interval_us, adv_data=None, connectable=True):
        if adv_data not in self._hex:
            self._hex[adv_data] = bytes(adv_data).hex()
        self.log.append((self.now_ms, interval_us, self._hex[adv_data], connectable))
