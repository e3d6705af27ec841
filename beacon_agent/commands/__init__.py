"""The commands of ``beacon-agent``, a module each."""
