"""What is on the air, and how a device is made."""
