"""The compat layer for servers and frameworks: ASGI, WSGI, Django. Each knows its own, and no other."""
