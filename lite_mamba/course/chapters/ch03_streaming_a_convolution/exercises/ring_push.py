"""Exercise 2: ring_push."""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .push import push


def ring_push(ring: Tensor, oldest: int, x: Tensor) -> tuple[Tensor, int, Tensor]:
    """Write over the oldest sample; return the new ring, the new place of the oldest sample, and the time order."""
    ring = ring.clone()
    ring[..., oldest] = x
    oldest = (oldest + 1) % ring.shape[-1]
    return ring, oldest, torch.roll(ring, -oldest, dims=-1)


def draw_ring(draw: Draw) -> dict[str, Any]:
    B, D, S = draw.size(1, 2), draw.size(1, 3), draw.size(1, 7)
    anywhere, last_but_one = draw.choice(range(S)), max(0, S - 2)  # where a ring that is too short begins anew
    oldest = draw.in_turn((last_but_one, anywhere, anywhere))
    return {"ring": draw.normal(B, D, S), "oldest": oldest, "x": draw.normal(B, D)}


rung = partial(edited, ring_push)


RING_PUSH = Exercise(
    id="03.ring_push",
    title="The same history as a ring",
    reference=ring_push,
    cases=draw_ring,
    example={"ring": torch.tensor([[[5.0, 6.0, 3.0, 4.0]]]), "oldest": 2, "x": torch.tensor([[7.0]])},
    axes={"ring": ("batch", "channel", "slot"), "samples in order": ("batch", "channel", "column")},
    items=("ring", "oldest slot", "samples in order"),
    misconceptions=[
        Misconception(
            name="a pointer that runs away",
            wrong=rung("(oldest + 1) % ring.shape[-1] → oldest + 1"),
            message="After the last slot `oldest` is S, a slot that is not there, and the next write has none to go "
            "to. After slot S − 1 comes slot 0 again: the operator `%` does that.",
        ),
        Misconception(
            name="the remainder of 1",
            wrong=rung("(oldest + 1) % ring.shape[-1] → oldest + 1 % ring.shape[-1]"),
            message="`%` comes before `+`: this adds the remainder of 1, and `oldest` can become S, a slot that is not "
            "there. The remainder of the sum is wanted.",
        ),
        Misconception(
            name="a pointer that stands still",
            wrong=[
                rung("oldest = (oldest + 1) % ring.shape[-1] → pass"),
                rung("return ring, oldest → return ring, (oldest - 1) % ring.shape[-1]"),
                rung("(oldest + 1) % ring.shape[-1] → 0 if oldest == ring.shape[-1] - 1 else oldest"),
            ],
            message="The slot that was just written holds the newest sample now. The oldest one stands in another "
            "slot.",
        ),
        Misconception(
            name="a pointer that goes backwards",
            wrong=rung("oldest + 1 → oldest - 1"),
            message="The next sample to be overwritten stands one slot further, not one slot back.",
        ),
        Misconception(
            name="a pointer that stops at the last slot",
            wrong=rung("(oldest + 1) % ring.shape[-1] → min(oldest + 1, ring.shape[-1] - 1)"),
            message="Once `oldest` is the last slot it stays there, and every further sample is written over the one "
            "before it. After slot S − 1 comes slot 0 again.",
        ),
        Misconception(
            name="turned by one slot, wherever the oldest stands",
            wrong=rung("torch.roll(ring, -oldest → torch.roll(ring, -1"),
            message="To be read, the ring is turned by one slot each time. Slot `oldest` has to come to column 0: by "
            "how many slots is that?",
        ),
        Misconception(
            name="put in between, not written over",
            wrong=[
                rung(
                    "ring[..., oldest] = x → "
                    "ring = torch.cat([ring[..., :oldest], x[..., None], ring[..., oldest:]], dim=-1)",
                    *around,
                )
                for around in ((), ("% ring.shape[-1] → % (ring.shape[-1] - 1)",))
            ],
            message="The new sample is put in before the oldest one, and nothing goes: the ring comes back with one "
            "slot more. The new sample takes the place of the oldest.",
        ),
        Misconception(
            name="the columns on another axis",
            wrong=[
                rung(
                    "torch.roll(ring, -oldest, dims=-1) → "
                    f"torch.stack(torch.roll(ring, -oldest, dims=-1).unbind(-1), dim={axis})"
                )
                for axis in (0, 1)
            ],
            message="The samples come in the order of time, and the axis of the columns stands before another one. It "
            "comes last: where does `torch.stack` put its new axis?",
        ),
        Misconception(
            name="read from the newest sample",
            wrong=rung("torch.roll(ring, -oldest → torch.roll(ring, 1 - oldest"),
            message="The order starts with the sample that was just written, the newest one. Once it is written, "
            "the oldest sample stands in another slot, the one that you return: that slot has to come to column 0.",
        ),
        Misconception(
            name="read from one slot too far on",
            wrong=rung("torch.roll(ring, -oldest → torch.roll(ring, -oldest - 1"),
            message="The order starts one slot behind the oldest sample, so that the oldest comes last, behind the "
            "newest. It stands in slot `oldest`, as you return it: read from there.",
        ),
        Misconception(
            name="rolled the other way",
            wrong=rung("ring, -oldest → ring, oldest"),
            message="The ring turns in the wrong direction. Slot `oldest` has to come to column 0; "
            "`torch.roll` with a positive number moves columns to the right.",
        ),
        Misconception(
            name="not written over the oldest sample",
            wrong=[
                rung(
                    "ring[..., oldest] = x → ring[..., oldest - 1] = x",
                    "oldest = (oldest + 1) % ring.shape[-1] → pass",
                ),
                rung("ring[..., oldest] = x → ring[..., oldest - 1] = x"),
                rung("ring[..., oldest] = x → ring[..., (oldest + 1) % ring.shape[-1]] = x"),
                rung("ring[..., oldest] = x → oldest = (oldest + 1) % ring.shape[-1]; ring[..., oldest] = x"),
                *(
                    rung(
                        "ring[..., oldest] = x → ring[..., (oldest + 1) % ring.shape[-1]] = x",
                        f"torch.roll(ring, -oldest → torch.roll(ring, {turned}",
                    )
                    for turned in ("1 - oldest", "-oldest - 1")
                ),
            ],
            message="This writes into a slot beside `oldest`, over a sample that is still needed. The sample that "
            "is no longer needed is the oldest.",
        ),
        Misconception(
            name="the order of the slots taken for the order of time",
            wrong=rung("torch.roll(ring, -oldest, dims=-1) → ring"),
            message="The slots come back as they lie in memory. In a ring the oldest sample can lie anywhere; "
            "time starts at slot `oldest` and goes around.",
        ),
        Misconception(
            name="not around the end",
            wrong=[
                rung("torch.roll(ring, -oldest, dims=-1) → ring[..., oldest:]"),
                rung("torch.roll(ring, -oldest, dims=-1) → ring[..., [oldest + i for i in range(ring.shape[-1])]]"),
                *(
                    rung(
                        "torch.roll(ring, -oldest, dims=-1) → "
                        f"torch.stack([ring[{others}, oldest + i] for i in range(ring.shape[-1])], dim=-1)"
                    )
                    for others in ("...", ":, :")  # the error counts the axis in another way
                ),
            ],
            message="The reading begins where it should, and stops at the last slot, or asks for slots behind it. "
            "After the last slot comes slot 0 again: the samples from there on are the newer ones.",
        ),
        Misconception(
            name="the new sample behind the slots",
            wrong=rung(
                "ring = ring.clone() → before = ring; ring = ring.clone()",
                "torch.roll(ring, -oldest, dims=-1) → torch.cat([before[..., 1:], x.unsqueeze(-1)], dim=-1)",
            ),
            message="The slots are read as if slot 0 held the oldest sample, and the new one is put behind them. "
            "In a ring the oldest sample can lie anywhere; time starts at slot `oldest` and goes around.",
        ),
        Misconception(
            name="the old ring read",
            wrong=[
                rung("ring = ring.clone() → before = ring; ring = ring.clone()", f"torch.roll(ring, -oldest → {read}")
                for read in ("torch.roll(before, -oldest", "torch.roll(before, 1 - oldest")
            ],
            message="The order of time is read from the ring as it was, without the new sample. Write first, then "
            "read the ring that was written.",
        ),
        Misconception(
            name="the newest sample first",
            wrong=rung("torch.roll(ring, -oldest, dims=-1) → torch.roll(ring, -oldest, dims=-1).flip(-1)"),
            message="The samples come in the reverse order of time: the newest first. The order of time begins "
            "with the oldest.",
        ),
        Misconception(
            name="a history that moves, not a ring",
            wrong=[
                rung(
                    "ring[..., oldest] = x → ring = push(ring, x)",
                    "oldest = (oldest + 1) % ring.shape[-1] → pass",
                    "torch.roll(ring, -oldest, dims=-1) → ring",
                    push=push,
                ),
                rung("ring[..., oldest] = x → ring = push(ring, x)", push=push),
                *(
                    rung(
                        "ring[..., oldest] = x → ring = push(ring, x)",
                        "torch.roll(ring, -oldest, dims=-1) → ring",
                        *pointer,
                        push=push,
                    )
                    for pointer in ((), ("(oldest + 1) % ring.shape[-1] → 0",))
                ),
            ],
            message="All samples move by one column, as in exercise 1. In a ring nothing moves: one slot is "
            "written, and the pointer moves on.",
        ),
        Misconception(
            name="a ring that was turned",
            wrong=[
                rung(f"return ring, oldest → return torch.roll(ring, -oldest, dims=-1), {pointer}")
                for pointer in ("oldest", "0")
            ],
            message="The ring itself comes back in the order of time. Turn a copy for reading: in the ring nothing "
            "moves, and `oldest` says where its oldest sample stands.",
        ),
        Misconception(
            name="the new sample added to the oldest",
            wrong=rung("[..., oldest] = x → [..., oldest] += x"),
            message="The new sample is added to the oldest. It has to take its place: what stood there goes.",
        ),
        Misconception(
            name="ring and order of time exchanged",
            wrong=rung(
                "return ring, oldest, torch.roll(ring, -oldest, dims=-1) → "
                "return torch.roll(ring, -oldest, dims=-1), oldest, ring"
            ),
            message="All three results are right, but the first and the last have changed places: first the ring "
            "as it lies in memory, last the samples in the order of time.",
        ),
        Misconception(
            name="slots counted along another axis",
            wrong=[rung("% ring.shape[-1] → % ring.shape[1]"), rung("% ring.shape[-1] → % len(ring)")],
            message="The pointer goes around after as many steps as there are channels or sequences. The slots "
            "are the last axis: ring.shape[-1].",
        ),
        Misconception(
            name="four slots, whatever S is",
            wrong=rung("% ring.shape[-1] → % 4"),
            message="The pointer goes around after four slots, as in the table that you wrote by hand. The last axis "
            "of `ring` counts the slots of this one.",
        ),
        Misconception(
            name="added, not joined",
            wrong=rung("torch.roll(ring, -oldest, dims=-1) → ring[..., oldest:] + ring[..., :oldest]"),
            message="Between lists `+` joins, between tensors it adds. Here the samples of two parts of the ring are "
            "added up, or do not fit, where one part has to stand behind the other.",
        ),
        Misconception(
            name="joined along another axis",
            wrong=[
                rung(
                    "torch.roll(ring, -oldest, dims=-1) → "
                    f"torch.cat([ring[..., oldest:], ring[..., :oldest]], dim={axis})"
                )
                for axis in (0, 1)
            ],
            message="The two parts of the ring are put behind each other along the axis of the sequences or of the "
            "channels. Unless you name an axis, `torch.cat` joins along the first. The slots are another one.",
        ),
        Misconception(
            name="rolled along another axis",
            wrong=[
                *(rung(f"-oldest, dims=-1 → -oldest, dims={axis}") for axis in (0, 1)),
                rung("torch.roll(ring, -oldest, dims=-1) → torch.cat([ring[oldest:], ring[:oldest]])"),
            ],
            message="It is the axis of the sequences or of the channels that is rolled: each keeps its samples as they "
            "lie in memory. The slots are the last axis.",
        ),
        Misconception(
            name="a slot looked up along another axis",
            wrong=[rung(f"ring[..., oldest] = x → ring[{place}] = x") for place in ("oldest", ":, oldest")],
            message="ring[oldest] is a sequence, and ring[:, oldest] a channel. The slots are the last axis: name "
            "`oldest` there, and take the slot of every sequence and channel.",
        ),
        Misconception(
            name="a sample with an axis too many",
            wrong=rung("[..., oldest] = x → [..., oldest] = x.unsqueeze(-1)"),
            message="One slot of the ring, ring[..., oldest], is (B, D), and so is `x`. With one axis more it does "
            "not fit.",
        ),
        Misconception(
            name="a ring that is one slot short",
            wrong=[
                rung("% ring.shape[-1] → % max(1, ring.shape[-1] - 1)"),
                rung("(oldest + 1) % ring.shape[-1] → oldest + 1 if oldest < ring.shape[-1] - 2 else 0"),
            ],
            where=lambda ring, **rest: ring.shape[-1] > 1,
            message="After the last slot but one comes slot 0: the last one is left out. There are S slots, 0 to "
            "S − 1, and `%` S goes through all of them.",
        ),
        Misconception(
            name="always into the same slot",
            wrong=[
                rung("ring[..., oldest] = x → ring[..., -1] = x"),
                rung("ring[..., oldest] = x → ring[..., 0] = x"),
            ],
            message="The new sample goes into the same slot each time, the last or the first. In a ring it goes "
            "where the oldest sample stands, in slot `oldest`.",
        ),
        Misconception(
            name="rolled through all axes",
            wrong=rung("-oldest, dims=-1 → -oldest"),
            message="With one channel of one sequence this is right; with more, samples wander from one into the next. "
            "`torch.roll` without `dims` rolls the tensor as one long row. Name the axis.",
        ),
        Misconception(
            name="the given ring changed",
            wrong=rung("ring = ring.clone() → pass"),
            message="The result is right, and the ring that was given has changed with it. Write into a copy.",
        ),
    ],
)
