"""What has to be done some time, as rows: messages, follow-ups, missed calls."""
