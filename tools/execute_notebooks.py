"""Execute the notebooks in place and store what a reader and strict nbval need, nothing else.

    python tools/execute_notebooks.py          every notebook
    python tools/execute_notebooks.py 01 03    these chapters

A notebook is executed as a learner with no history would run it, except that a prediction shows its answer
without a guess. A notebook that raises is not written, and the command fails.
"""

import base64
import io
import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE_INFO = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}


def cleaned(notebook):
    """The executed notebook without widget state, widget views and everything that depends on the machine.

    A stored widget view shows as an error when the file is reopened; its text names the controls.
    """
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO})
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            data.pop(WIDGET_VIEW, None)
            if "image/png" in data:
                data["image/png"] = smaller(data["image/png"])
    return notebook


def smaller(picture: str) -> str:
    """A PNG in base64 with 256 colours: a third of the size. Live pictures are made for speed, stored ones for size."""
    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
    file = io.BytesIO()
    image.quantize(256, dither=Image.Dither.NONE).save(file, "png", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def execute(path: Path) -> None:
    """Execute one notebook in place, its own folder as the working directory."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory(prefix="lite-mamba-home-") as home:
        client = NotebookClient(
            notebook,
            timeout=600,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            resources={"metadata": {"path": str(path.parent)}},
        )
        client.execute(env={**os.environ, "LITE_MAMBA_HOME": home, "LITE_MAMBA_ANSWERS": "shown"})
    nbformat.write(cleaned(notebook), path)


def chosen(chapters: list[str]) -> list[Path]:
    """The notebooks of these chapters, or all of them; a chapter without a notebook is an error."""
    paths = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
    if not chapters:
        return paths
    missing = [chapter for chapter in chapters if not any(p.name.startswith(chapter) for p in paths)]
    if missing:
        sys.exit(f"no notebook in {NOTEBOOKS.name}/ starts with {', '.join(missing)}")
    return [p for p in paths if p.name.startswith(tuple(chapters))]


def main(chapters: list[str]) -> int:
    failed = 0
    for path in chosen(chapters):
        start = time.perf_counter()
        try:
            execute(path)
        except CellExecutionError as error:
            failed += 1
            print(f"{path.name}: a cell raised, the file is as it was\n{error}", file=sys.stderr)
            continue
        seconds, size = time.perf_counter() - start, path.stat().st_size
        print(f"{path.name}: {seconds:.1f} s, {size / 1000:.0f} kB")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
