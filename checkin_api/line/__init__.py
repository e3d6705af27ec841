"""Everything that knows LINE: its events, its messages, its client; the LINE SDK stops here."""
