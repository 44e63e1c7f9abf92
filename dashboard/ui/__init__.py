"""What pages have in common: the frame around them, words, numbers, tables, boxes of charts."""
