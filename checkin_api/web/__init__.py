"""HTTP: one blueprint per caller, and the only place where an exception becomes an answer."""
