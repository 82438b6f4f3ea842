"""The append-only ledger of consents, in the database."""
