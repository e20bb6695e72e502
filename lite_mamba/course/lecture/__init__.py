"""The lecture: a deck made from the notebooks' own cells, shown by a small local server.

`collect` runs a notebook and keeps what its cells make; `decks` says which cells a lecture shows, in which order.
"""
