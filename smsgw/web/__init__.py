"""The web process: webhooks, health, metrics, and the pages of testers and operators."""
