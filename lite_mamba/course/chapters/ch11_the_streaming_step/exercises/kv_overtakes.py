"""Exercise 4: kv_overtakes."""

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def kv_overtakes(state_bytes: int, d_model: int, number_bytes: int) -> int:
    """From how many tokens on a layer's KV cache is larger than a block's state."""
    return state_bytes // (2 * d_model * number_bytes) + 1


def _counted(*edits: str):
    """A wrong count."""
    return edited(kv_overtakes, *edits)


def _per_token(*edits: str) -> list:
    """A cache that is counted wrongly, and then rounded rightly, or down, or up."""
    return [
        _counted(*edits),
        _counted(*edits, " + 1 → "),
        _counted(*edits, "return state_bytes // → return -(-state_bytes //", " + 1 → )"),
    ]


def _draw_memory(draw: Draw) -> dict:
    wide = draw.in_turn([True, *[False] * 9])  # all but a byte of a large token is left: a little added rounds it up
    d_model, number_bytes = draw.size(1, 20) * (64 if wide else 1), draw.choice([2, 4])
    each = 2 * d_model * number_bytes
    rests = [each - 1] if wide else [0, 0, each // 2, 3 * each // 4, 1, each - 1]
    full, rest = each * draw.size(3, 40), draw.choice(rests)
    less_than_a_token = each // 4 + 1  # else a division the wrong way round is always the same number
    return {
        "state_bytes": draw.choice([*[full + rest] * 8, 400 * full + rest, less_than_a_token]),
        "d_model": d_model,
        "number_bytes": number_bytes,
    }


def _leaves_a_remainder(state_bytes: int, d_model: int, number_bytes: int) -> bool:
    return state_bytes % (2 * d_model * number_bytes) > 0


KV_OVERTAKES = Exercise(
    id="11.kv_overtakes",
    title="When does the cache overtake the block?",
    reference=kv_overtakes,
    cases=_draw_memory,
    example={"state_bytes": 4096, "d_model": 16, "number_bytes": 4},
    misconceptions=[
        Misconception(
            "keys without values",
            "You count d_model numbers a token. Attention keeps a key and a value for each token, both of that width.",
            _per_token("2 * d_model → d_model"),
        ),
        Misconception(
            "numbers in the place of bytes",
            "You compare bytes of state with numbers of the cache. How many bytes does each number take?",
            _per_token(" * number_bytes → "),
        ),
        Misconception(
            "a key of one number",
            "d_model has no effect in your count. How many numbers are a key, and how many a value?",
            _per_token("2 * d_model → 2"),
        ),
        Misconception(
            "d_model bytes a token",
            "You count d_model bytes a token. A key is d_model numbers, and so is a value: how many bytes are the two "
            "together?",
            _per_token("2 * d_model * number_bytes → d_model"),
        ),
        Misconception(
            "a remainder in the place of a quotient",
            "% gives what a division leaves over. The task asks how often a token's bytes go into the state.",
            [_counted("// → %"), _counted("// → %", " + 1 → ")],
        ),
        Misconception(
            "a one inside the brackets",
            "You add the one before you divide: a byte more, of a token or of the state. One more is the number of "
            "tokens, behind the division.",
            [
                _counted("number_bytes) + 1 → number_bytes + 1)"),
                _counted("state_bytes // → (state_bytes + 1) //", ") + 1 → )"),
            ],
        ),
        Misconception(
            "bits in the place of bytes",
            "A factor of 8 makes bits of one side, and the other side stays in bytes. Both are given in bytes.",
            [_counted("* number_bytes → * number_bytes * 8"), _counted("state_bytes // → 8 * state_bytes //")],
        ),
        Misconception(
            "a factor on the wrong side",
            "Two vectors a token, d_model numbers each, number_bytes for each: the more of any of the three, the fewer "
            "tokens. One of them makes your count larger, as if it were a factor of the state.",
            [
                _counted("state_bytes // (2 * d_model → 2 * state_bytes // (d_model"),
                _counted("(2 * d_model * number_bytes) → (2 * d_model) * number_bytes"),
                _counted("(2 * d_model * number_bytes) → (2 * d_model // number_bytes)"),
                _counted("state_bytes // (2 * d_model * number_bytes) → state_bytes * number_bytes // (2 * d_model)"),
            ],
        ),
        Misconception(
            "d_model squared",
            "d_model comes in twice, as in a matrix. A token adds no matrix to the cache: a key is one row of numbers, "
            "and so is a value.",
            [
                _counted("2 * d_model → 2 * d_model**2"),
                _counted("2 * d_model → d_model**2"),
                _counted("2 * d_model * number_bytes → d_model**2 * number_bytes**2"),
            ],
        ),
        Misconception(
            "equal counted as larger",
            "Where no byte is left over, the cache of that many tokens is as large as the state, and no larger: one "
            "token more is needed.",
            _counted("state_bytes // → math.ceil(state_bytes /", " + 1 → )"),
        ),
        Misconception(
            "the last token at which the cache is not larger",
            "You get the last number of tokens whose cache is not larger than the state. The next one overtakes.",
            _counted(" + 1 → "),
        ),
        Misconception(
            "one more only where nothing is left",
            "Where the division leaves no remainder you take the next number. Where it leaves one, you round down, and "
            "the cache of that many tokens still fits under the state.",
            _counted(" + 1 →  + (state_bytes % (2 * d_model * number_bytes) == 0)"),
        ),
        Misconception(
            "queries that are kept as well",
            "You count three vectors a token. A query is used once, by its own token, and not kept: a key and a value "
            "remain.",
            _per_token("2 * d_model → 3 * d_model"),
        ),
        Misconception(
            "bytes in the place of tokens",
            "You return the bytes of the cache. The task asks for the number of tokens.",
            _counted(
                "return state_bytes // (2 * d_model * number_bytes) + 1 → each = 2 * d_model * number_bytes; return "
                "(state_bytes // each + 1) * each"
            ),
        ),
        Misconception(
            "two bytes for every number",
            "You count 2 bytes for a number of the cache, whatever `number_bytes` says.",
            _per_token("* number_bytes → * 2"),
            where=lambda state_bytes, d_model, number_bytes: number_bytes != 2,
        ),
        Misconception(
            "a token of twice its size",
            "You count twice the bytes of a token: for keys and values of d_inner numbers, as inside a block, or by a "
            "2 that comes in twice. A key has d_model numbers, and so has a value; nothing else is kept.",
            _per_token("2 * d_model → 4 * d_model"),
        ),
        Misconception(  # behind the one above, as which it counts numbers of 2 bytes
            "four bytes for every number",
            "You count 4 bytes for a number of the cache, whatever `number_bytes` says.",
            _per_token("* number_bytes → * 4"),
            where=lambda state_bytes, d_model, number_bytes: number_bytes != 4,
        ),
        Misconception(
            "a cache that grows with pairs of tokens",
            "You let the cache grow with the square of the tokens. The *work* of attention over a whole text does; "
            "the cache holds one key and one value a token.",
            [
                _counted("state_bytes // → math.isqrt(state_bytes //", ") + 1 → )) + 1"),
                _counted("state_bytes // → (math.isqrt(8 * (state_bytes //", ") + 1 → )) + 1) - 1) // 2 + 1"),
            ],
        ),
        Misconception(
            "brackets that are missing",
            "a // b * c is (a // b) * c: you divide by the first factor, and then multiply by the others.",
            [
                *_per_token("(2 * d_model * number_bytes) → 2 * d_model * number_bytes"),
                *_per_token("(2 * d_model * number_bytes) → d_model * number_bytes * 2"),
                _counted("// (2 * d_model * number_bytes) → / 2 * d_model * number_bytes", "+ 1 → // 1 + 1"),
            ],
        ),
        Misconception(
            "a count that is not whole",
            "A number of tokens is whole. From which whole number on is the cache larger?",
            [_counted("// → /"), _counted("// → /", " + 1 → ")],
            where=_leaves_a_remainder,
        ),
        Misconception(
            "a count that is rounded to the nearest",
            "You round to the nearest whole number, and so down as often as up. Where the division leaves a remainder, "
            "and where it leaves none: from which whole number on is the cache larger?",
            [
                *(_counted("state_bytes // → round(state_bytes /", f" + 1 → ){more}") for more in ("", " + 1")),
                *(_counted("state_bytes // → int(state_bytes /", f" + 1 → + 0.5){more}") for more in ("", " + 1")),
            ],
            where=_leaves_a_remainder,
        ),
        Misconception(
            "one token too many",
            "With a token less the cache is larger already. What do you get for a state as large as the cache of 12 "
            "tokens, and what for one a byte larger?",
            [_counted("state_bytes // → math.ceil(state_bytes /", " + 1 → ) + 1"), _counted("+ 1 → + 2")],
            where=_leaves_a_remainder,
        ),
        Misconception(
            "a division the wrong way round",
            "You ask how often the state fits into a token. How many tokens fit into the state?",
            [
                _counted("state_bytes // (2 * d_model * number_bytes) → (2 * d_model * number_bytes) // state_bytes"),
                _counted(
                    "state_bytes // (2 * d_model * number_bytes) + 1 → (2 * d_model * number_bytes) // state_bytes"
                ),
            ],
        ),
    ],
)
