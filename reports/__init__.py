"""Reports: query, tables, renderers, files; reads only through ``checkin_api.queries``."""
