"""Who is signed in, and what nobody else gets to see."""
