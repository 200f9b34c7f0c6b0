"""The outer edge of the web process: whom a request comes from behind proxies, and the headers of every answer."""
