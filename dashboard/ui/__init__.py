"""What pages share: the frame, words, numbers, tables, chart boxes."""
