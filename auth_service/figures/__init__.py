"""Figures from the models: what they are, where each comes from, and how complete their data is."""
