"""What Meta posts to a business: the bodies, and how they are delivered."""
