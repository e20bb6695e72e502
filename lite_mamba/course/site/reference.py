"""The reference of the package on one page: what `lite_mamba.__all__` names, with signatures and docstrings."""

from __future__ import annotations

import inspect
from html import escape
from types import FunctionType

import lite_mamba


def reference() -> str:
    """The HTML of the reference."""
    parts = ["<h1>Reference of the package</h1>"]
    for name in lite_mamba.__all__:
        thing = getattr(lite_mamba, name)
        parts += [f'<h2 id="{name}"><code>{name}</code></h2>', described(name, thing)]
        for method, function in vars(thing).items() if inspect.isclass(thing) else ():
            if isinstance(function, FunctionType) and not method.startswith("_") and function.__doc__:
                parts += [f'<h3 id="{name}.{method}"><code>{name}.{method}</code></h3>', described(method, function)]
    return "\n".join(parts)


def described(name: str, thing) -> str:
    """Signature and docstring."""
    return (
        f'<pre class="signature">{escape(name + str(inspect.signature(thing)))}</pre>\n'
        f'<pre class="docstring" tabindex="0">{escape(inspect.getdoc(thing) or "")}</pre>'
    )
