"""What happens and why: requests x call trees x incidents make the table of Calls."""
