"""The officers' LIFF app: static ES modules served from the API's own origin."""
