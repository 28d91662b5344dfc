"""How fast Kouba is, told as shares of what Flask, gunicorn and SQLite can do on the same machine in the same run.

`make bench` runs it; docs/performance.md tells what is measured and how to read it.
"""
