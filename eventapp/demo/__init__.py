"""The demo: a made-up town with a made-up festival (`town.py`), the same every time it is made."""
