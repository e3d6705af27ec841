"""Pure attendance rules: values in, values out; time is an argument; no I/O, no framework."""
