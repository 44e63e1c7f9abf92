"""What the checks of every commit and of a release need."""
