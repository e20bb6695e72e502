"""Exercise 3: held_out."""

import binascii
import hashlib
import random
import unicodedata
import zlib
from pathlib import Path, PurePosixPath

import numpy as np

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def held_out(paths: list[str], share: int) -> list[bool]:
    """A file is held out if share divides a checksum of its path."""
    return [zlib.crc32(path.encode()) % share == 0 for path in paths]


def _held_out_cases(draw: Draw) -> dict:
    folders, names = (
        ["", "json/", "asyncio/", "email/"],
        ["__init__.py", "tool.py", "queues.py", "über.py", "ElementTree.py"],
    )
    pick = [draw.choice(folders) + draw.choice(names) for _ in range(draw.size(4, 12))]
    return {
        "paths": [path.replace("tool", f"tool{draw.random.randrange(90)}") for path in pick],
        "share": draw.size(2, 5),
    }


def _drawn(paths: list[str], share: int) -> list[bool]:
    generator = random.Random(0)
    return [generator.random() < 1 / share for _ in paths]


def _running(paths: list[str], share: int) -> list[bool]:
    """A split that goes on with one checksum over all paths."""
    checksum, found = 0, []
    for path in paths:
        checksum = zlib.crc32(path.encode(), checksum)
        found.append(checksum % share == 0)
    return found


def _fates(paths: list[str], share: int) -> int:
    """How many names are held out, and how many not: more than there are names where files of one name differ."""
    return len({(path.rpartition("/")[2], out) for path, out in zip(paths, held_out(paths, share), strict=True)})


HELD_OUT = Exercise(
    id="13.held_out",
    title="Files that stay unread",
    reference=held_out,
    cases=_held_out_cases,
    trials=30,
    example={"paths": ["abc.py", "json/decoder.py", "queue.py", "abc.py", "json/__init__.py"], "share": 2},
    misconceptions=[
        Misconception(
            "a place in the list",
            "You decide by the place in the list. A library with one more file moves all places after it, and files "
            "that a model was trained on end up held out. Decide by the path alone.",
            [
                edited(
                    held_out, "zlib.crc32(path.encode()) → i", "for path in paths → for i, path in enumerate(paths)"
                ),
                edited(
                    held_out,
                    "zlib.crc32(path.encode()) → (i + 1)",
                    "for path in paths → for i, path in enumerate(paths)",
                ),
                edited(
                    held_out, "path.encode() → str(i).encode()", "for path in paths → for i, path in enumerate(paths)"
                ),
                edited(held_out, "zlib.crc32(path.encode()) % share == 0 → path in paths[::share]"),
                edited(held_out, "zlib.crc32(path.encode()) % share == 0 → path in sorted(paths)[::share]"),
                edited(held_out, "zlib.crc32(path.encode()) → sorted(paths).index(path)"),
                edited(held_out, "zlib.crc32(path.encode()) → sorted(set(paths)).index(path)"),
                edited(held_out, "zlib.crc32(path.encode()) → (sorted(paths).index(path) + paths.count(path) - 1)"),
                edited(
                    held_out,
                    "zlib.crc32(path.encode()) → (i - 1)",
                    "for path in paths → for i, path in enumerate(paths)",
                ),
            ],
        ),
        Misconception(
            "Python's own hash",
            "hash of a string differs from one start of Python to the next, by design. In another session other files "
            "would be held out. A checksum of the bytes stays.",
            edited(held_out, "zlib.crc32(path.encode()) → hash(path)"),
            where=lambda paths, **_: all(map(str.isascii, paths)),  # of others, that of their bytes is another one
        ),
        Misconception(
            "one end of the list",
            "You hold out one end of the list. Sorted paths that stand side by side belong together, so an end is "
            "another kind of text, and one more file moves the border.",
            [
                edited(
                    held_out,
                    "zlib.crc32(path.encode()) % share == 0 for path in paths → "
                    "i >= len(paths) - len(paths) // share for i in range(len(paths))",
                ),
                edited(
                    held_out,
                    "zlib.crc32(path.encode()) % share == 0 for path in paths → "
                    "i < len(paths) // share for i in range(len(paths))",
                ),
                edited(
                    held_out,
                    "zlib.crc32(path.encode()) % share == 0 for path in paths → "
                    "i < len(paths) / share for i in range(len(paths))",
                ),
                edited(
                    held_out,
                    "zlib.crc32(path.encode()) % share == 0 for path in paths → "
                    "i >= len(paths) * (share - 1) // share for i in range(len(paths))",
                ),
                *(
                    edited(
                        held_out,
                        "zlib.crc32(path.encode()) % share == 0 for path in paths → "
                        f"i {end} for i in range(len(paths))",
                    )
                    for end in ("< share", ">= len(paths) - share")
                ),
            ],
        ),
        Misconception(
            "most files held out",
            "You take every remainder but 0, so about one file in `share` is left to train on. Which single "
            "remainder did the task ask for?",
            edited(held_out, "== 0 → != 0"),
            where=lambda paths, share: share > 2 and 0 < sum(held_out(paths, share)) < len(paths) / 2,
        ),
        Misconception(
            "another remainder",
            "Any remainder would hold out about one file in `share`, but it must be the agreed one, 0, or the split "
            "is not the one that the model was trained with.",
            [edited(held_out, "== 0 → == 1"), edited(held_out, "== 0 → == share - 1")],
        ),
        Misconception(
            "the paths themselves",
            "You return paths: those that are held out, or the others. The task asks for True or False for each path, "
            "in the order of the paths.",
            [
                lambda paths, share: [path for path, out in zip(paths, held_out(paths, share), strict=True) if out],
                lambda paths, share: [path for path, out in zip(paths, held_out(paths, share), strict=True) if not out],
            ],
        ),
        Misconception(
            "no answer for the others",
            "You answer for the files that are held out and leave the others out. The task asks for True or False for "
            "each path.",
            lambda paths, share: [out for out in held_out(paths, share) if out],
        ),
        Misconception(
            "the first path alone",
            "You return as soon as the first path is decided. Where does the `return` stand, in the loop or after it?",
            [
                edited(held_out, " == 0 for path in paths] → == 0 for path in paths[:1]]"),
                lambda paths, share: held_out(paths, share)[0],
            ],
        ),
        Misconception(
            "one answer for a path that stands twice",
            "A set or a dict keeps each path once, and a set in no order. In the list a path may stand twice. The task "
            "asks for a list too, with an answer for each place.",
            [
                edited(held_out, "in paths → in set(paths)"),
                edited(held_out, "in paths → in dict.fromkeys(paths)"),
                edited(held_out, "in paths → in sorted(set(paths))"),
                lambda paths, share: dict(zip(paths, held_out(paths, share), strict=True)),
            ],
        ),
        Misconception(
            "one answer for the whole list",
            "You return one True or False. The task asks for one for each path, in the order of the paths.",
            [
                lambda paths, share: any(held_out(paths, share)),
                lambda paths, share: all(held_out(paths, share)),
                lambda paths, share: zlib.crc32("".join(paths).encode()) % share == 0,
                lambda paths, share: zlib.crc32("\n".join(paths).encode()) % share == 0,
            ],
        ),
        Misconception(
            "the places of the paths",
            "You return where the held-out paths stand in the list. The task asks for True or False for each path, in "
            "the order of the paths.",
            lambda paths, share: [i for i, out in enumerate(held_out(paths, share)) if out],
        ),
        Misconception(
            "another divisor",
            "You divide the checksum by another number than `share`. However many files there are, about one in "
            "`share` is held out.",
            [
                edited(held_out, f"% share → % {divisor}")
                for divisor in (
                    *("(share - 1)", "(share + 1)", "(1 / share)", "len(paths)", "max(1, len(paths) // share)"),
                    *("2", "5", "10", "100"),
                )
            ],
        ),
        Misconception(
            "a share in per cent",
            "You hold out `share` files in a hundred. One file in `share` is another number: one in 4 is 25 in a "
            "hundred.",
            edited(held_out, "% share == 0 → % 100 < share"),
        ),
        Misconception(
            "remainders in the place of answers",
            "You return the remainders. A file is held out where the remainder is 0: compare.",
            edited(held_out, " == 0 → "),
        ),
        Misconception(
            "a checksum of text",
            "CRC-32 is a checksum of bytes, and a path is text. `.encode()` makes bytes of it.",
            edited(held_out, "path.encode() → path"),
        ),
        Misconception(
            "what stands in the file",
            "You read the file. The checksum is of its path, which stays when the file is mended.",
            [
                edited(held_out, 'path.encode() → open(path, "rb").read()'),
                edited(held_out, "path.encode() → Path(path).read_bytes()", Path=Path),
            ],
        ),
        Misconception(
            "all or nothing",
            "You hold out no file, or all of them. `share` is to divide the checksum: then the remainder of the "
            "checksum is 0.",
            [edited(held_out, "== 0 → == share"), edited(held_out, "== 0 → < share")],
        ),
        Misconception(
            "another order",
            "You answer for the paths in another order than they came.",
            [edited(held_out, "in paths → in sorted(paths)"), edited(held_out, "in paths → in reversed(paths)")],
        ),
        Misconception(
            "a size in the place of a divisor",
            "You hold out the files with the smallest checksums. That is about one in `share`, too, but they are "
            "others. What must `share` do to the checksum?",
            [
                edited(held_out, "% share == 0 → < 2**32 / share"),
                edited(
                    held_out,
                    "% share == 0 for → in sorted(zlib.crc32(path.encode()) for path in paths)"
                    "[: len(paths) // share] for",
                ),
            ],
        ),
        Misconception(
            "one checksum for all",
            "You take one checksum of the whole list, so all files share one fate, and one file more may turn it. "
            "Each path decides for itself.",
            [
                edited(held_out, 'path.encode()) % → "".join(paths).encode()) %'),
                *(
                    edited(held_out, f"path.encode()) % → {between}.join(paths).encode()) %")
                    for between in ("chr(10)", "'/'", "' '")
                ),
                edited(held_out, "path.encode()) % → str(paths).encode()) %"),
            ],
        ),
        Misconception(
            "a draw for each file",
            "You draw at random. A seed does not help: one file more, and all draws after it belong to other files. "
            "Decide by the path alone.",
            [
                _drawn,
                edited(_drawn, ".random() < 1 / share → .randrange(share) == 0"),
                edited(_drawn, "Random(0) → Random(42)"),
                edited(_drawn, "Random(0) → Random(1)"),
                *(
                    edited(
                        _drawn,
                        f"generator.random() < 1 / share for _ in paths → draw < 1 / share for draw in {draws}",
                        np=np,
                    )
                    for draws in ("torch.rand(len(paths)).tolist()", "np.random.rand(len(paths)).tolist()")
                ),
                edited(_drawn, "random.Random(0) → np.random.default_rng(0)", np=np),
                edited(
                    _drawn,
                    "generator.random() < 1 / share for _ in paths → path in chosen for path in paths",
                    "    return → \n    chosen = generator.sample(paths, len(paths) // share)\n    return",
                ),
            ],
        ),
        Misconception(
            "the name without its folder",
            "You take the checksum of the file's name alone, with its ending or without. Then files of one name share "
            "one fate. The path with its folders tells them apart.",
            [
                edited(held_out, f"path.encode() → PurePosixPath(path).{name}.encode()", PurePosixPath=PurePosixPath)
                for name in ("name", "stem")
            ],
            where=lambda paths, share: _fates(paths, share) > len({path.rpartition("/")[2] for path in paths}),
        ),
        Misconception(
            "the folder without the file",
            "You take the checksum of a folder, so all its files share one fate. The whole path tells them apart.",
            [
                edited(held_out, "path.encode() → " + folder + ".encode()", PurePosixPath=PurePosixPath)
                for folder in ('path.split("/")[0]', 'path.rpartition("/")[0]', "str(PurePosixPath(path).parent)")
            ],
        ),
        Misconception(
            "other bytes than those of the path",
            "A checksum is made of bytes, and yours are not those of `.encode()`: another encoding, quotation marks "
            "around the path, or letters that were added, dropped or exchanged. All must make the same bytes of a "
            "path.",
            [
                *(
                    edited(held_out, f"path.encode() → path.encode('{name}')")
                    for name in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "ascii")
                ),
                edited(held_out, "path.encode() → repr(path).encode()"),
                edited(held_out, "path.encode() → str(path.encode()).encode()"),
                edited(held_out, "path.encode() → path.encode('ascii', 'ignore')"),
                *(
                    edited(held_out, f"path.encode() → path.encode('ascii', '{otherwise}')")
                    for otherwise in ("replace", "backslashreplace")
                ),
                edited(
                    held_out,
                    "path.encode() → unicodedata.normalize('NFD', path).encode()",
                    unicodedata=unicodedata,
                ),
                edited(held_out, "path.encode() → str(Path(path).absolute()).encode()", Path=Path),
                edited(held_out, "path.encode() → path.lower().encode()"),
                edited(held_out, "path.encode() → path.upper().encode()"),
                edited(held_out, "path.encode() → ('/' + path).encode()"),
                edited(held_out, "path.encode() → ('./' + path).encode()"),
                edited(held_out, "path.encode() → path.removesuffix('.py').encode()"),
                edited(held_out, "path.encode() → path.replace('/', '.').encode()"),
                edited(held_out, "path.encode() → path.removesuffix('.py').replace('/', '.').encode()"),
                edited(held_out, "path.encode() → (path + chr(10)).encode()"),
                edited(held_out, "path.encode() → path.replace('/', '').encode()"),
                edited(held_out, "path.encode() → path.replace('/', chr(92)).encode()"),
            ],
        ),
        Misconception(
            "a checksum that runs on",
            "You start each checksum from the one of the path before. One file more, and all after it are decided "
            "anew. Each path decides for itself.",
            _running,
        ),
        Misconception(
            "another checksum",
            "Your number is made of the path, but it is not its CRC-32, so other files are held out than those that "
            "the model never read.",
            [
                edited(held_out, "zlib.crc32 → zlib.adler32"),
                edited(held_out, "path.encode()) → path.encode(), share)"),
                edited(held_out, "zlib.crc32(path.encode()) → binascii.crc_hqx(path.encode(), 0)", binascii=binascii),
                edited(
                    held_out,
                    "zlib.crc32(path.encode()) → int(hashlib.md5(path.encode()).hexdigest(), 16)",
                    hashlib=hashlib,
                ),
                edited(
                    held_out,
                    "zlib.crc32(path.encode()) → int(hashlib.sha256(path.encode()).hexdigest(), 16)",
                    hashlib=hashlib,
                ),
                edited(held_out, "zlib.crc32(path.encode()) → len(path)"),
                edited(held_out, "zlib.crc32(path.encode()) → len(path.encode())"),
                edited(held_out, "zlib.crc32(path.encode()) → sum(path.encode())"),
                edited(
                    held_out,
                    "zlib.crc32(path.encode()) → int(hashlib.sha1(path.encode()).hexdigest(), 16)",
                    hashlib=hashlib,
                ),
                edited(held_out, "zlib.crc32(path.encode()) → sum(map(ord, path))"),
                edited(held_out, "zlib.crc32(path.encode()) → int.from_bytes(path.encode(), 'big')"),
                edited(held_out, "zlib.crc32(path.encode()) → random.Random(path).randrange(share)"),
                edited(held_out, "zlib.crc32(path.encode()) % share == 0 → random.Random(path).random() < 1 / share"),
            ],
        ),
    ],
)
