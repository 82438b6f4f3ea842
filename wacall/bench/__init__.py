"""`wacall bench`: how long set-ups take, what a call costs, how much goes through."""
