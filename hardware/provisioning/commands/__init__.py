"""One module for each command of ``beacon-kit``; its function ``command`` is the command."""
