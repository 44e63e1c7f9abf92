"""Yahoo and FRED on loopback: what they answer is made here, and the real clients ask as if it were the internet."""
