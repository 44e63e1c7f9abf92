"""Who is signed in, and what nobody else may see."""
