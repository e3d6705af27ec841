"""The platform's HTTP side: LINE's API, the control API and the phone page."""
