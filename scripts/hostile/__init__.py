"""Hostile calls of twoplayer, a module a subject; scripts/break.py makes them."""
