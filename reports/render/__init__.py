"""One module per file format, each with one ``render(report, outfile)``."""
