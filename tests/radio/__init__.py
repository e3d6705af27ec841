"""The agent against a real bluetoothd and kernel in a virtual machine; `make test-radio`."""
