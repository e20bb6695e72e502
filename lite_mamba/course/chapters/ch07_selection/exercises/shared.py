"""What several exercises of chapter 07 use."""

from ....checking.exercise import Draw


def projection_cases(draw: Draw) -> dict:
    batch, length, channels = draw.size(1, 3), draw.size(2, 5), draw.size(2, 5)
    states, rank = draw.size(2, 4), draw.size(1, 3)
    return {
        "u": draw.normal(batch, length, channels),
        "x_proj": draw.normal(rank + 2 * states, channels),
        "dt_proj": draw.normal(channels, rank),
        "dt_bias": draw.normal(channels),
    }
