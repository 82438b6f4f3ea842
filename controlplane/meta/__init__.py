"""Meta: its webhooks, its Graph API, its words."""
