"""A small host application: it has users of its own, numbered, and gives them Causerie.

It is a process and an origin of its own, as the shop or the fan site of a real deployment would be.
"""
