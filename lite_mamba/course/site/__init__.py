"""The site: the course as pages that need no kernel and no network.

`record` draws a figure over its most telling controls, `build` writes a page for each notebook.
"""
