"""The beacons on the walls: what there is, keys, clocks, who heard them on site, alarms."""
