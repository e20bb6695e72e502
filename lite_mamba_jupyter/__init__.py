"""Part of the Jupyter server: what a saved notebook of the course keeps of its live controls.

A control lives in the kernel. A notebook that is saved with it and opened again would read "Error displaying widget"
in its place. So whatever of the course is saved loses the live view and keeps its text, which says how to wake it.

The server loads this module by itself (`etc/jupyter/jupyter_server_config.d`). It stands outside `lite_mamba` because a
server has no use for PyTorch.
"""

from __future__ import annotations

from typing import Any

MARK = "lite_mamba"  # the metadata of an output that the course has made
VIEW = "application/vnd.jupyter.widget-view+json"


def keep_the_text(model: dict[str, Any], **_: Any) -> None:
    """A pre-save hook: takes the live views out of the course's outputs, in place."""
    if model.get("type") != "notebook" or not model.get("content"):
        return
    for cell in model["content"].get("cells", []):
        for output in cell.get("outputs", []):
            if output.get("metadata", {}).get(MARK):
                output.get("data", {}).pop(VIEW, None)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    server.contents_manager.register_pre_save_hook(keep_the_text)
