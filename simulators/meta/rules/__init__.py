"""What Meta refuses, and with which words; pure."""
