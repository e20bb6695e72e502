"""What carries the course to people: their own copy of the notebooks, JupyterLab, handouts. A command is a module."""
