"""What somebody did: trades, the rules they keep, their history, and files of them in and out."""
