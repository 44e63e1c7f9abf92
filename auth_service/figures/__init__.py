"""What the models made of it: figures, where each comes from, and how complete the data behind it is."""
