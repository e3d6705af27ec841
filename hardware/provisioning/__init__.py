"""What installers do with a beacon before and after it hangs on the wall."""
