"""Meta: the Graph API and its rules, the webhooks, the people and their calls."""
