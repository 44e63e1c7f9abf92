"""One module a page; Dash finds them by itself."""
