"""Exercise 5: linear_loop."""

import functools

import torch
from torch import Tensor

from ....checking.compare import Facts, Tolerance, difference
from ....checking.counter import Counter
from ....checking.edits import edited
from ....checking.errors import InALargerCase
from ....checking.exercise import Draw, Exercise, Misconception
from .combine import combine
from .cost import failing
from .hillis_steele import hillis_steele
from .shared import by_cumulative_products, linear_loop, product_shrinks, zero_first

STATES, OF_A, OF_X = "the table of states", "the gradient of a", "the gradient of x"
ZEROS = "the number of whole tables of zeros that the backward pass makes at each step"
OTHERS = "the number of other whole tables that the backward pass writes at each step"
GROWTH = "how many times as many bytes both passes write when L is twice as long"
FORWARD = "how many times as many bytes the forward pass alone writes when L is twice as long"


@functools.lru_cache(maxsize=64)
def _passes(scan) -> dict[str, float]:
    """What both passes of a scan write, counted for L = 32 and 64."""
    (zeros, others, few, short), (_, _, many, long) = _written(scan, 32), _written(scan, 64)
    growth = many / few
    growths = {
        GROWTH: round(growth, 1) if 2.15 < growth < 2.5 else float(round(growth)),  # L·log2 L is not linear
        FORWARD: round(long / max(1, short)),
    }
    return {ZEROS: round(zeros / 32), OTHERS: round(others / 32)} | growths


def _written(scan, length: int) -> tuple[int, int, int, int]:
    """Tables of zeros and others that the backward pass writes, and the bytes of both passes and of the forward one."""
    a, x = (torch.full((length, 2), 0.5, requires_grad=True) for _ in range(2))
    with Counter() as counter:
        states = scan(a, x)
        forward, bytes_forward = counter.calls, counter.bytes
        torch.autograd.grad(states, (a, x), torch.ones_like(states), allow_unused=True)
    tables = [name for name, numbers in counter.writes[forward:] if numbers >= x.numel()]
    zeros = sum("_backward" in name or "zeros" in name for name in tables)
    return zeros, len(tables) - zeros, counter.bytes, bytes_forward


@functools.lru_cache(maxsize=64)
def _in_other_cases(scan) -> str | None:
    """How a loop over (L, N) fails with no axis behind the steps, with two of them, or with many steps."""
    generator = torch.Generator().manual_seed(0)
    inputs = (tuple(torch.rand(8, *rest, generator=generator) for _ in range(2)) for rest in ((), (2, 3)))
    words = next(filter(None, (failing(linear_loop, scan, one) for one in inputs)), None)
    a, x = _slow_steps(64)
    return words if words or _right(_facts(scan, a, x), a, x) else "inputs of shape (64, 2) give wrong gradients"


def _slow_steps(length: int) -> tuple[Tensor, Tensor]:
    """Decays and drives; what comes in at first is felt at the end."""
    a, x = torch.rand(2, length, 2, generator=torch.Generator().manual_seed(0))
    return 1 - 0.02 * a, x


def _right(found: Facts | None, a: Tensor, x: Tensor) -> bool:
    """Whether what was found of a loop is what is found of the reference."""
    return difference(_facts(linear_loop, a, x), found, Tolerance(1e-3, 1e-4)) is None


def _with_backward(loop, a: Tensor, x: Tensor) -> Facts | None:
    """What a loop returns, its gradients, and what its backward pass writes."""
    found = _facts(loop, a, x)
    if loop is not linear_loop and _right(found, a, x) and (words := _in_other_cases(loop)):
        raise InALargerCase(words)
    return found


def _facts(loop, a: Tensor, x: Tensor) -> Facts | None:
    a, x = (value.detach().clone().requires_grad_() for value in (a, x))
    states = loop(a, x)
    if not isinstance(states, Tensor) or states.shape != x.shape or not states.requires_grad:
        if states is None or states is ...:
            return states
        return Facts("a tensor", dict.fromkeys((STATES, OF_A, OF_X, ZEROS, OTHERS, GROWTH, FORWARD)) | {STATES: states})
    ramp = torch.arange(1.0, 1 + states.numel()).view_as(states) / states.numel()
    grads = torch.autograd.grad(states, (a, x), ramp, allow_unused=True)
    of_a, of_x = (torch.zeros_like(x) if grad is None else grad for grad in grads)
    return Facts("a tensor", {STATES: states.detach(), OF_A: of_a, OF_X: of_x} | _passes(loop))


def _table_case(draw: Draw, length: int, states: int) -> dict:
    return {"a": draw.normal(length, states), "x": draw.normal(length, states)}


def _no_decay_is_zero(a: Tensor, x: Tensor) -> bool:
    """Whether something of the state before the first step is left in each state."""
    return bool((a != 0).all())


def _filled_rounds(a, x):
    """The rounds of Hillis and Steele, with the identity as the partner of those that have none."""
    shift = 1
    while shift < len(a):
        one, nothing = torch.ones_like(a[:shift]), torch.zeros_like(x[:shift])
        a, x = combine(torch.cat([one, a[:-shift]]), torch.cat([nothing, x[:-shift]]), a, x)
        shift = 2 * shift
    return x


ONCE = "for a_t, x_t in zip(a.unbind(0), x.unbind(0), strict=True)"


def _sliced(a_t: str, x_t: str):
    """A loop that cuts a and x again at each step."""
    return edited(linear_loop, f"{ONCE} → for t in range(len(x))", f"a_t * h + x_t → {a_t} * h + {x_t}")


LINEAR_LOOP = Exercise(
    id="09.linear_loop",
    title="A loop with a linear backward pass",
    reference=linear_loop,
    cases=lambda draw: _table_case(draw, draw.size(8, 16), draw.size(1, 3)),
    apply=_with_backward,
    rtol=1e-3,
    atol=1e-4,
    axes=("step", "state"),
    misconceptions=[
        Misconception(
            "a slice at each step",
            "The states are right, and the backward pass writes whole tables of zeros: each a[t] and x[t], and each "
            "piece of narrow, index_select or tensor_split, has a gradient of its own with the size of the whole. Cut "
            "all steps at once, with one operation that has one gradient.",
            [
                _sliced("a[t]", "x[t]"),
                *(
                    _sliced(a_t, "x.index_select(0, torch.tensor([t]))[0]")
                    for a_t in ("a.select(0, t)", "a.index_select(0, torch.tensor([t]))[0]")
                ),
            ],
        ),
        Misconception(
            "one slice left at each step",
            "Of the two slices at each step one is left: of a, of x, or of a table that holds both. Its gradient has "
            "the size of the whole. Cut that one before the loop, too, all steps at once.",
            edited(linear_loop, f"{ONCE} → for t, a_t in enumerate(a.unbind(0))", "x_t  # → x[t]  #"),
        ),
        Misconception(
            "cut anew at each step",
            "You cut with unbind, and you do it inside the loop. Each time, autograd has to put all L pieces together "
            "again, although only one of them was used. How often must it be done?",
            [
                _sliced("a.unbind(0)[t]", "x.unbind(0)[t]"),
                edited(linear_loop, f"{ONCE} → for t, a_t in enumerate(a.unbind(0))", "x_t  # → x.unbind(0)[t]  #"),
            ],
        ),
        Misconception(
            "states written into a table",
            "You cut the inputs once, and then write states[t] = h. Each such write changes the whole table for "
            "autograd, and its backward pass copies the whole gradient. Collect the states in a list, and stack them "
            "once.",
            [
                edited(
                    linear_loop,
                    "torch.zeros_like(x[0]), [] → torch.zeros_like(x[0]), torch.zeros_like(x)",
                    f"{ONCE} → for t, (a_t, x_t) in enumerate(zip(a.unbind(0), x.unbind(0)))",
                    *read_back,
                    "states.append(h) → states[t] = h",
                    "torch.stack(states) → states",
                )
                for read_back in ((), ("h = a_t * h + x_t → h = a_t * states[t - 1].clone() + x_t if t else x_t",))
            ],
        ),
        Misconception(
            "states read out of the table that they are written into",
            "You write h[t] into a table, and read h[t − 1] out of it at the next step. The backward pass needs what "
            "was read, and the write has changed the table since. Keep the last state in a variable, and all of them "
            "in a list.",
            [
                edited(
                    linear_loop,
                    f"torch.zeros_like(x[0]), [] → {table}, None",
                    f"{ONCE} → for t in range({first}, len(x))",
                    f"h = a_t * h + x_t → {step}",
                    "states.append(h) → pass",
                    "torch.stack(states) → h",
                )
                for table, first, step in (
                    ("x.clone()", 1, "h[t] = a[t] * h[t - 1] + x[t]"),
                    ("x.clone()", 1, "h[t] += a[t] * h[t - 1]"),
                    ("torch.zeros_like(x)", 0, "h[t] = a[t] * h[t - 1] + x[t]"),
                )
            ],
        ),
        Misconception(
            "earlier states written once more",
            "The longer the sequence, the more is written at each step: torch.cat and torch.stack copy all states so "
            "far, or a state is computed anew from the first step on. Go on from the last state, collect the states "
            "in a list, and put them together once, at the end.",
            [
                edited(
                    linear_loop,
                    "torch.zeros_like(x[0]), [] → torch.zeros_like(x[0]), x[:0]",
                    *read_back,
                    "states.append(h) → states = torch.cat([states, h[None]])",
                    "torch.stack(states) → states",
                )
                for read_back in ((), ("h = a_t * h + x_t → h = a_t * states[-1] + x_t if len(states) else x_t",))
            ],
        ),
        Misconception(
            "rounds in the place of a loop",
            "Your states are right, and you make many at once, in rounds or in chunks. Every slice of a round has a "
            "gradient as long as the whole. Here one step after the other is asked for, with its own slice alone.",
            [hillis_steele, _filled_rounds],
        ),
        Misconception(
            "a division by a product of decays",
            "You divide by the product of all decays so far. A decay of 0 makes it zero at once, and many small ones "
            "do the same. Here one step after the other is asked for, and a step needs no division.",
            by_cumulative_products,
            where=product_shrinks,
        ),
        Misconception(
            "a state cut off from its past",
            "The backward pass is short because no gradient goes from step to step, or none further than some steps: "
            "detach stops it. Your states are right, your gradients are not.",
            [
                edited(linear_loop, "a_t * h → a_t * h.detach()"),
                *(
                    edited(linear_loop, f"a_t * h → a_t * (h if len(states) % {steps} else h.detach())")
                    for steps in (2, 4, 8, 10, 32)
                ),
            ],
        ),
        Misconception(
            "states without a gradient",
            "Your states are right, and no gradient leads from them back to a and x: no_grad, detach, .data, NumPy "
            "and torch.tensor cut the way. Compute with a and x as they come.",
            [
                lambda a, x: linear_loop(a.detach(), x.detach()),
                lambda a, x: linear_loop(*(value.detach().requires_grad_() for value in (a, x))),
            ],
        ),
        Misconception(
            "decays without a gradient",
            "Your states are right, and the gradient of a is zero: you cut the decays off, by detach for example. "
            "They are to be trained like x.",
            lambda a, x: linear_loop(a.detach(), x),
        ),
        Misconception(
            "drives without a gradient",
            "Your states are right, and the gradient of x is zero: you cut the drives off, by detach for example. "
            "They are to be trained like a.",
            lambda a, x: linear_loop(a, x.detach()),
        ),
        Misconception(
            "a first state that is not zero",
            "Your h is not zero before the first step, and each state holds what is left of that.",
            edited(linear_loop, "torch.zeros_like(x[0]) → torch.ones_like(x[0])"),
            where=_no_decay_is_zero,
        ),
        Misconception(
            "one tensor for all states",
            "You change h in place, and keep the same tensor at each step. So all entries of your list are the last "
            "state. Make a new h at each step.",
            edited(linear_loop, "h = a_t * h + x_t → h *= a_t; h += x_t"),
        ),
        Misconception(
            "a decay of another step",
            "You fade the state by the decay of another step, that of the step before or after. In step t it is a[t].",
            [edited(linear_loop, f"zip(a.unbind → zip(a.roll({by}, 0).unbind") for by in (1, -1)],
        ),
        Misconception(
            "a drive of another step",
            "You add the drive of another step, that of the step before or after. In step t it is x[t].",
            [
                *(edited(linear_loop, f"x.unbind(0) → x.roll({by}, 0).unbind(0)") for by in (1, -1)),
                lambda a, x: linear_loop(a, torch.cat([x[:1], x[:-1]])),
                lambda a, x: linear_loop(a, zero_first(x)),
            ],
        ),
        Misconception(
            "a drive in the place of the state before",
            "You fade the drive of the step before. What a step finds is the whole state, with all that came in "
            "earlier.",
            lambda a, x: a * zero_first(x) + x,
        ),
        Misconception(
            "a first step that is not made",
            "Your first state is zero: that is what stands before step 0. After it, the state holds x[0].",
            edited(linear_loop, "h = a_t * h + x_t → h = a_t * h + x_t if states else h"),
        ),
        Misconception(
            "steps from last to first",
            "Your loop begins with the last step. Time runs from the first one on.",
            [
                lambda a, x: linear_loop(a.flip(0), x.flip(0)),
                lambda a, x: linear_loop(a.flip(0), x.flip(0)).flip(0),
            ],
        ),
        Misconception(
            "states in reverse",
            "All states are right, and the last one stands first. Each new state belongs behind those that are there.",
            lambda a, x: linear_loop(a, x).flip(0),
        ),
        Misconception(
            "a state of zero in front",
            "Your list begins with the zero from before the first step, so there is one state too many. Leave it out "
            "of the result.",
            lambda a, x: torch.cat([torch.zeros_like(x[:1]), linear_loop(a, x)]),
        ),
        Misconception(
            "a first state that is lost",
            "There is one state too few: the first is missing. h = x[0] is the state after step 0, and it belongs to "
            "the result, too.",
            lambda a, x: linear_loop(a, x)[1:],
        ),
        Misconception(
            "steps behind the states",
            "You stack the states along a new last axis. Time is the first one, as in x.",
            lambda a, x: linear_loop(a, x).movedim(0, -1),
        ),
        Misconception(
            "decays and drives in exchanged places",
            "You have taken a for x and x for a. The decay a multiplies the state before, and the drive x is added.",
            lambda a, x: linear_loop(x, a),
        ),
        Misconception(
            "a first step that is taken twice",
            "You start with h = x[0], and then do step 0 as well. Before step 0 the state is zero.",
            edited(linear_loop, "torch.zeros_like(x[0]) → x[0]"),
            where=_no_decay_is_zero,
        ),
        Misconception(
            "a drive that fades at once",
            "You fade x in its own step. A step fades what is there before it; then x is added, as it is.",
            edited(linear_loop, "a_t * h + x_t → a_t * (h + x_t)"),
        ),
        Misconception(
            "an exponential too many",
            "You take exp of a. Here a is the decay itself, and no exponent.",
            edited(linear_loop, "a_t * h → a_t.exp() * h"),
        ),
        Misconception(
            "a drive that is weighted",
            "You weight x with 1 − a, as a running average does. Here the drive is added as it is: a·h + x.",
            edited(linear_loop, "a_t * h + x_t → a_t * h + (1 - a_t) * x_t"),
        ),
        Misconception(
            "a state that never fades",
            "You add to a state that stays as it is. The decay belongs to the state, and to nothing else: a·h + x.",
            [edited(linear_loop, f"a_t * h + x_t → {h}") for h in ("h + a_t * x_t", "h + x_t")],
        ),
        Misconception(
            "a loop over the states",
            "You cut along the last axis, the states. Time is the first one.",
            [
                lambda a, x: linear_loop(a.movedim(-1, 0), x.movedim(-1, 0)).movedim(0, -1),
                lambda a, x: linear_loop(a.movedim(-1, 0), x.movedim(-1, 0)),
                *(
                    edited(linear_loop, "a.unbind(0), x.unbind(0) → a.unbind(-1), x.unbind(-1)", *faded)
                    for faded in ((), ("a_t * h → h * a_t",))
                ),
            ],
            where=lambda a, x: x.shape[1] > 1,
        ),
        Misconception(
            "states of the step before",
            "states[t] must include step t: first the new h, then keep it.",
            lambda a, x: zero_first(linear_loop(a, x)),
        ),
        Misconception(
            "the last state alone",
            "What you return is h, the state after the last step, alone. All states are asked for: each is kept inside "
            "the loop.",
            [edited(linear_loop, "torch.stack(states) → h"), edited(linear_loop, "(states) → (states[-1:])")],
        ),
        Misconception(
            "a loop that ends at once",
            "Only the state after the first step comes back. Does `return` stand inside the loop?",
            edited(linear_loop, "states.append(h) → states.append(h); return torch.stack(states)"),
        ),
        Misconception(
            "states joined end to end",
            "You put the states one behind the other on an axis that they have already, as torch.cat does, and += on a "
            "list. The steps are a new axis, in front: append keeps a state as it is, and torch.stack makes the axis.",
            edited(linear_loop, "torch.stack → torch.cat"),
        ),
        Misconception(
            "an axis of one step that is left over",
            "Your pieces have an axis of one step, as those of split and chunk, and torch.stack puts the steps on a "
            "new axis in front of it. Pieces of unbind have no such axis, and torch.cat joins on one that is there.",
            lambda a, x: linear_loop(a, x).unsqueeze(1),
        ),
        Misconception(
            "torch.tensor of tensors",
            "torch.tensor makes a new tensor out of numbers, and no gradient leads back through it. Your list holds "
            "tensors: torch.stack puts them together.",
            edited(linear_loop, "torch.stack → torch.tensor"),
        ),
        Misconception(
            "states that are kept and not carried on",
            "Each of your states is its own x: nothing of the step before reaches it. Does the new state go into h, "
            "and h into the next step?",
            edited(linear_loop, "h = a_t * h + x_t → pass", "states.append(h) → states.append(a_t * h + x_t)"),
        ),
        Misconception(
            "a list of states",
            "You return the list of the states. Stack it to one tensor, with the steps as its first axis.",
            edited(linear_loop, "torch.stack(states) → states"),
        ),
    ],
)
