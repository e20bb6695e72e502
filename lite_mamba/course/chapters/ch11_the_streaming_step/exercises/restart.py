"""Exercise 5: restart."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception
from .shared import HISTORY_AXES, STATE_AXES


def restart(history: Tensor, h: Tensor, last: Tensor, now: Tensor) -> tuple[Tensor, Tensor]:
    """History and state, set to zero in the rows whose segment index has changed."""
    changed = (now != last)[:, None, None]  # (B, 1, 1)
    return torch.where(changed, 0.0, history), torch.where(changed, 0.0, h)


CLEARED = "return torch.where(changed, 0.0, history), torch.where(changed, 0.0, h)"


def _restarted(*edits: str):
    """A wrong restart."""
    return edited(restart, *edits)


def _draw_rows(draw: Draw) -> dict:
    batch, channels = draw.size(3, 5), draw.size(1, 3)
    last = draw.integers(-1, 2, batch)
    now = torch.where(draw.integers(0, 1, batch) > 0, last, draw.integers(-1, 2, batch))
    memories = {
        "history": draw.normal(batch, channels, draw.size(1, 3)),
        "h": draw.normal(batch, channels, draw.size(1, 3)),
    }
    far_apart = draw.choice([1, 1, 1, 2**16])  # names: any whole number, also one that 16 bits do not hold
    return {**memories, "last": last * far_apart, "now": now * far_apart}


RESTART = Exercise(
    id="11.restart",
    title="Start one row afresh",
    reference=restart,
    cases=_draw_rows,
    example={
        "history": torch.arange(1.0, 7).view(3, 1, 2),
        "h": torch.arange(1.0, 4).view(3, 1, 1),
        "last": torch.tensor([0, 4, 0]),
        "now": torch.tensor([0, 0, 1]),
    },
    axes={"the history": HISTORY_AXES, "the state": STATE_AXES},
    items=("the history", "the state"),
    misconceptions=[
        Misconception(
            "every row started afresh",
            "You clear rows whose text goes on, too: those streams lose their memory in the middle of it. Decide row "
            "by row, by the values of the two indices.",
            [
                _restarted(f"(now != last)[:, None, None] → {rows}")
                for rows in ("(now != last).any()", "now.new_ones(()) > 0")
            ],
        ),
        Misconception(
            "a history that is kept",
            "The state is cleared, the history of the convolution is not. The first outputs of the new text would "
            "still see the end of the old one.",
            _restarted("torch.where(changed, 0.0, history) → history"),
        ),
        Misconception(
            "a state that is kept",
            "The history is cleared, the state of the scan is not. It fades slowly, so the old text is heard in the "
            "new one for a long time.",
            _restarted("torch.where(changed, 0.0, h) → h"),
        ),
        Misconception(
            "only an index that grows",
            "A smaller index is no new text for you. The indices are names, not a count: 2 followed by 0 is a new "
            "text, too.",
            [_restarted("now != last → now > last"), _restarted("now != last → now == last + 1")],
        ),
        Misconception(
            "a text 0 that does not count",
            "You leave a row alone when its last index is 0, or its present one, as if 0 stood for no text. 0 is a "
            "name as good as any: a text of this name begins and ends like all others.",
            [
                _restarted(f"now != last → (now != last) & {named}")
                for named in ("(last != 0)", "(now != 0)", "(now != 0) & (last != 0)", "(last > 0)", "(now > 0)")
            ],
        ),
        Misconception(
            "only an index that gets smaller",
            "You test now < last. The indices are names, not a count: 0 followed by 2 is a new text as well.",
            _restarted("now != last → now < last"),
        ),
        Misconception(
            "one decision for all rows",
            "You clear all rows, or none. Each row has a text of its own: decide row by row.",
            [
                _restarted(f"(now != last)[:, None, None] → {rows}")
                for rows in ("(now != last).all()", "(now != last)[0]", "(now != last)[-1]")
            ],
        ),
        Misconception(
            "a difference used as a factor",
            "now − last is a number, and may be 1 or −4. A row is cleared or it is not: ask whether the two differ.",
            [
                edited(restart, f"{CLEARED} → factor = ({gap})[:, None, None]; return factor * history, factor * h")
                for each in ("now - last", "(now - last).abs()", "last - now")
                for gap in (each, f"1 - ({each})")
            ],
        ),
        Misconception(
            "an index of zero read as a new text",
            "You clear the rows whose present index is 0. The index alone says nothing; what counts is a change.",
            _restarted("now != last → now == 0"),
        ),
        Misconception(
            "an index other than zero read as a new text",
            "You clear the rows whose present index is not 0, or is above 0, at every token. Such a row would never "
            "remember anything. What counts is a change.",
            [_restarted("now != last → now != 0"), _restarted("now != last → now > 0")],
            where=lambda history, h, last, now: bool(((now == last) & (now > 0)).any()),
        ),
        Misconception(
            "memories that stay as they are",
            "Both memories come back as they came. To assign to a name in a loop changes the name alone, and the rows "
            "that a mask picks out are a copy: the tensor behind them stays as it was.",
            edited(restart, f"{CLEARED} → return history, h"),
        ),
        Misconception(
            "a mask taken for row numbers",
            "Whole numbers in the brackets are row numbers: a 0 clears row 0, a 1 clears row 1. A mask is made of True "
            "and False.",
            edited(
                restart,
                f"{CLEARED} → rows = changed.flatten().long(); return history.index_fill(0, rows, 0.0), "
                "h.index_fill(0, rows, 0.0)",
            ),
        ),
        Misconception(
            "a mask with axes in the brackets",
            "In the brackets of a tensor a mask picks along the axes that it has, so they have to be as long as the "
            "tensor's: (B,) picks rows. The axes of size 1 are for torch.where or a product, where they are stretched.",
            edited(
                restart,
                f"{CLEARED} → history, h = history.clone(), h.clone(); history[changed] = h[changed] = 0.0; "
                "return history, h",
            ),
        ),
        Misconception(
            "the rows that go on are cleared",
            "You clear the rows whose index is the same as before, and keep the others. Turn the test round.",
            _restarted("now != last → now == last"),
        ),
        Misconception(
            "zeros of the other memory",
            "The zeros that you put into one memory have the shape of the other one. History and state need not have "
            "equally many columns.",
            [
                _restarted("0.0, h) → torch.zeros_like(history), h)"),
                _restarted("0.0, history) → torch.zeros_like(h), history)"),
            ],
        ),
        Misconception(
            "only the first row that changes",
            "You start one row afresh and are done, but several rows may begin a new text at the same token. Where "
            "does the loop return, or how many rows does your index name?",
            [
                edited(restart, f"{CLEARED} → changed = changed & (changed.cumsum(0) == 1); {CLEARED}"),
                edited(
                    restart,
                    f"{CLEARED} → first = changed.int().argmax(); changed = changed.new_zeros(changed.shape); "
                    f"changed[first] = True; {CLEARED}",
                ),
                edited(
                    restart,
                    f"{CLEARED} → first = changed.nonzero()[0, 0]; changed = changed.new_zeros(changed.shape); "
                    f"changed[first] = True; {CLEARED}",
                ),
            ],
        ),
        Misconception(
            "only row 0 started afresh",
            "You clear row 0 alone, or nothing where it goes on with its text. Where does the loop return, or which "
            "row does your index name?",
            edited(restart, f"{CLEARED} → changed = changed & (torch.arange(len(now)) == 0)[:, None, None]; {CLEARED}"),
        ),
        Misconception(
            "a history that is cleared in part",
            "You clear a part of the history's columns. All S inputs in it belong to the old text.",
            [
                edited(
                    restart,
                    f"{CLEARED} → columns = torch.arange(history.shape[2]); return torch.where(changed & (columns "
                    f"{part}), 0.0, history), torch.where(changed, 0.0, h)",
                )
                for part in ("== 0", "== history.shape[2] - 1", "< history.shape[2] - 1", "> 0")
            ],
        ),
        Misconception(
            "the given memories changed in place",
            "The numbers are right, but you have cleared the tensors that were given. Return new ones.",
            [
                _restarted("return torch.where(changed, 0.0, history) → return history.mul_(~changed)"),
                _restarted("torch.where(changed, 0.0, h) → h.mul_(~changed)"),
            ],
        ),
        Misconception(
            "rows that are taken out",
            "You return only the rows that go on. A row with a new text stays where it is; what it has kept becomes "
            "zero.",
            edited(restart, f"{CLEARED} → return history[now == last], h[now == last]"),
        ),
        Misconception(
            "the two memories in exchanged places",
            "The history comes first, then the state.",
            _restarted("0.0, history), → 0.0, h),", "where(changed, 0.0, h)\n → where(changed, 0.0, history)\n"),
        ),
        Misconception(
            "a row matched with another axis",
            "`now != last` is (B,), and PyTorch lines shapes up from the right: as you hand it over, B meets another "
            "axis of a memory. The rows come first, so two axes of size 1 have to stand behind them.",
            [
                _restarted(f"[:, None, None] → {axes}", *masked)
                for axes in ("", "[:, None]")
                for masked in (
                    (),
                    (f"{CLEARED} → return history * ~changed, h * ~changed",),
                    (f"{CLEARED} → return ~changed * history, ~changed * h",),
                )
            ]
            + [
                _restarted(f"torch.where(changed, 0.0, {memory}) → torch.where(changed[:, {axes}], 0.0, {memory})")
                for memory in ("history", "h")
                for axes in ("0, 0", "0")
            ],
        ),
    ],
)
