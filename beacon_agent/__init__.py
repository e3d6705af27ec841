"""The program on a Raspberry Pi that listens to beacons."""
