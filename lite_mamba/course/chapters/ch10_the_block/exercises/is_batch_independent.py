"""Exercise 2: is_batch_independent, and the layers that it is tried on."""

import torch
from torch import Tensor

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def is_batch_independent(layer, x: Tensor) -> bool:
    """Whether each row gives the same output alone as among the others. layer maps (B, L, d) to (B, L, d)."""
    together = layer(x)
    alone = torch.cat([layer(x[i : i + 1]) for i in range(x.shape[0])])  # (B, L, d)
    return torch.allclose(together, alone, atol=1e-5)


def nothing(x):
    return 0 * x


def running_sum(x):
    return x.cumsum(dim=1)


def reversed_in_time(x):
    return x.flip(1)


def less_the_mean_of_the_batch(x):
    return x - x.mean(dim=0, keepdim=True)


def running_sum_over_the_batch(x):
    return x.cumsum(dim=0)


def running_sum_over_the_batch_from_below(x):
    return x.flip(0).cumsum(dim=0).flip(0)


def last_token_from_the_neighbour(x):
    return torch.cat([x[:, :-1], x.roll(1, dims=0)[:, -1:]], dim=1)


def inner_rows_take_the_first(x):
    """The first and the last row stay alone; each row between them adds the first."""
    return torch.cat([x[:1], x[1:-1] + x[:1], x[-1:]]) if len(x) > 2 else x


def inner_rows_take_the_last(x):
    return torch.cat([x[:1], x[1:-1] + x[-1:], x[-1:]]) if len(x) > 2 else x


def first_token_from_the_neighbour(x):
    return torch.cat([x.roll(1, dims=0)[:, :1], x[:, 1:]], dim=1)


def second_token_from_the_neighbour(x):
    return torch.cat([x[:, :1], x.roll(1, dims=0)[:, 1:2], x[:, 2:]], dim=1)


def last_number_from_the_neighbour(x):
    return torch.cat([x[..., :-1], x.roll(1, dims=0)[..., -1:]], dim=2)


def outer_rows_take_the_second(x):
    """The second row stays alone; all others add it."""
    return torch.cat([x[:1] + x[1:2], x[1:2], x[2:] + x[1:2]]) if len(x) > 1 else x


def first_number_from_the_neighbour(x):
    return torch.cat([x.roll(1, dims=0)[..., :1], x[..., 1:]], dim=2)


def first_two_rows_exchanged(x):
    return torch.cat([x[1:2], x[:1], x[2:]]) if len(x) > 1 else x


def last_two_rows_exchanged(x):
    return torch.cat([x[:-2], x[-1:], x[-2:-1]]) if len(x) > 1 else x


def a_200th_of_the_mean_of_the_batch(x):
    return x + 0.005 * x.mean(dim=0, keepdim=True)


def one_row_alone_rounded_otherwise(x):
    """Its rows stay apart; a product of matrices, too, may add in another order for another size of the batch."""
    return x * (1 + 1e-7 * (len(x) > 1))


def first_row_takes_the_last(x):
    return torch.cat([x[:1] + x[-1:], x[1:]]) if len(x) > 1 else x


def last_row_takes_the_first(x):
    return torch.cat([x[:-1], x[-1:] + x[:1]]) if len(x) > 1 else x


def others(x):
    """What all other rows hold, as sizes: 0 for a row that is alone."""
    return x.abs().sum(dim=0, keepdim=True) - x.abs()


def raised_by_the_others(x):
    return x + others(x)


def lowered_by_the_others(x):
    return x - others(x)


def raised_and_lowered_by_the_others(x):
    """What comes in from the others adds up to 0, in each token and over the tokens."""
    signs = torch.zeros_like(x[0])
    signs[:2] = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
    return x + others(x)[:, :1, :1] * signs


def the_last_row_for_all(x):
    return 0 * x + x[-1:]


def the_sum_for_all(x):
    return 0 * x + x.sum(dim=0, keepdim=True)


def turned_by_the_neighbour(x):
    """Each token, as a point of the plane, is turned by an angle from the neighbour, and keeps its size."""
    angle = x.roll(1, dims=0).sum(-1)
    first, second = x.unbind(-1)
    return torch.stack([first * angle.cos() - second * angle.sin(), first * angle.sin() + second * angle.cos()], dim=-1)


def scaled_by_the_others(x):
    """Zeros stay zeros in any company."""
    return x * (1 + others(x))


def one_number_from_the_last_row(x):
    """All numbers but a single one stay apart."""
    y = x.clone()
    y[0, 0, 0] += x[-1, 0, 0] * (len(x) > 1)
    return y


def rounded(x):
    """Its rows stay apart, and differ, but no gradient tells that."""
    return x.round()


LAYERS = [
    first_two_rows_exchanged,
    last_two_rows_exchanged,
    nothing,
    scaled_by_the_others,
    running_sum,
    reversed_in_time,
    less_the_mean_of_the_batch,
    running_sum_over_the_batch,
    running_sum_over_the_batch_from_below,
    last_token_from_the_neighbour,
    inner_rows_take_the_first,
    inner_rows_take_the_last,
    first_token_from_the_neighbour,
    second_token_from_the_neighbour,
    last_number_from_the_neighbour,
    outer_rows_take_the_second,
    first_number_from_the_neighbour,
    a_200th_of_the_mean_of_the_batch,
    one_row_alone_rounded_otherwise,
    first_row_takes_the_last,
    last_row_takes_the_first,
    raised_by_the_others,
    lowered_by_the_others,
    raised_and_lowered_by_the_others,
    the_last_row_for_all,
    the_sum_for_all,
    turned_by_the_neighbour,
    one_number_from_the_last_row,
    rounded,
]


def _some_rows(*rows):
    def wrong(layer, x):
        return all(torch.allclose(layer(x)[row % len(x)], layer(x[row % len(x)][None])[0], atol=1e-5) for row in rows)

    return wrong


def _gradient_of_row_0(layer, x):
    leaf = x.clone().requires_grad_()
    return not bool(torch.autograd.grad(layer(leaf)[0].sum(), leaf)[0][1:].any())


def _gradient_of_all_rows(layer, x):
    leaf = x.clone().requires_grad_()
    return not bool(torch.autograd.grad(layer(leaf).sum(), leaf)[0][1:].any())


def _rows_in_order(order):
    def wrong(layer, x):
        rows = order(x.shape[0])
        return torch.allclose(layer(x[rows]), layer(x)[rows], atol=1e-5)

    return wrong


ROWS_ALIKE = "torch.allclose(*both, atol=1e-5) for both in zip(together, alone)"
ORDERS = [
    _rows_in_order(lambda rows: list(range(rows))[::-1]),
    _rows_in_order(lambda rows: [rows - 1, *range(rows - 1)]),
    _rows_in_order(lambda rows: [1, 0, *range(2, rows)]),
    _rows_in_order(torch.randperm),
]


def _two_groups(first):
    """The rows in two groups, each by itself; `first` of so many rows belong to the first one."""

    def wrong(layer, x):
        parts = x.tensor_split([first(len(x))])
        return torch.allclose(layer(x), torch.cat([layer(part) for part in parts]), atol=1e-5)

    return wrong


GROUPS = [
    _two_groups(first)
    for first in (lambda rows: rows // 2, lambda rows: (rows + 1) // 2, lambda rows: 1, lambda rows: rows - 1)
]


def _own_row_changed(looked_at):
    def wrong(layer, x):
        moved = x.clone()
        moved[0] = moved[0] + 1
        return torch.allclose(layer(moved)[looked_at], layer(x)[looked_at], atol=1e-5)

    return wrong


def _looked_at(rows):
    """Each row changed in turn; `rows(i, count)` are those that are looked at."""

    def wrong(layer, x):
        for i in range(len(x)):
            moved = x.clone()
            moved[i] = moved[i] + 1
            if not torch.allclose(layer(moved)[rows(i, len(x))], layer(x)[rows(i, len(x))], atol=1e-5):
                return False
        return True

    return wrong


def _signs_changed(layer, x):
    """Each row changed in turn, in its signs alone."""
    for i in range(len(x)):
        moved = x.clone()
        moved[i] = -moved[i]
        others = [other for other in range(len(x)) if other != i]
        if not torch.allclose(layer(moved)[others], layer(x)[others], atol=1e-5):
            return False
    return True


def _beside_zeros(rows):
    """Some rows of ones, each beside zeros that must stay zeros."""

    def wrong(layer, x):
        for i in range(len(x))[rows]:
            single = torch.zeros_like(x)
            single[i] = 1
            if any(layer(single)[other].any() for other in range(len(x)) if other != i):
                return False
        return True

    return wrong


def _beside_a_stranger(front: int, behind: int):
    """Each row with so many copies of a stranger in front of it and behind it."""

    def wrong(layer, x):
        for row, stranger in zip(x.split(1), x.roll(1, 0).split(1), strict=True):
            company = torch.cat([*[stranger] * front, row, *[stranger] * behind])
            if not torch.allclose(layer(company)[front], layer(row)[0], atol=1e-5):
                return False
        return True

    return wrong


def _order_not_turned_back(layer, x):
    return torch.allclose(layer(x.flip(0)), layer(x), atol=1e-5)


def _later_tokens_changed(layer, x):
    moved = x.clone()
    moved[:, -1] = moved[:, -1] + 1
    return torch.allclose(layer(moved)[:, :-1], layer(x)[:, :-1], atol=1e-5)


def _later_tokens_cut_off(layer, x):
    return all(torch.allclose(layer(x)[:, :t], layer(x[:, :t]), atol=1e-5) for t in range(1, x.shape[1] + 1))


def _one_row_changed(row, *looked_at):
    """The outputs of some rows must not move when one other row does; of all others, if none is named."""

    def wrong(layer, x):
        moved = x.clone()
        moved[row] = moved[row] + 1
        others = [other % len(x) for other in looked_at] or [i for i in range(len(x)) if i != row % len(x)]
        return torch.allclose(layer(moved)[others], layer(x)[others], atol=1e-5)

    return wrong


def _rows_changed_for_good(layer, x):
    """Row after row is changed in x itself, and not put back before the next."""
    before = layer(x).clone()
    for i in range(len(x)):
        x[i] = x[i] + 1
        others = [other for other in range(len(x)) if other != i]
        if not torch.allclose(layer(x)[others], before[others], atol=1e-5):
            return False
    return True


def _first_number_changed(layer, x):
    moved = x.clone()
    moved[0, 0] = moved[0, 0] + 1
    return torch.allclose(layer(moved)[1:], layer(x)[1:], atol=1e-5)


def _number_of_each_row_changed(place):
    """One number of each row changed in turn."""

    def wrong(layer, x):
        for i in range(len(x)):
            moved = x.clone()
            moved[i, place, place] += 1
            others = [other for other in range(len(x)) if other != i]
            if not torch.allclose(layer(moved)[others], layer(x)[others], atol=1e-5):
                return False
        return True

    return wrong


def _compared(both: str):
    return edited(is_batch_independent, f"torch.allclose(together, alone, atol=1e-5) → {both}")


def _rows_from_to(first, end):
    """All rows tested from one to another."""

    def wrong(layer, x):
        return all(torch.allclose(layer(x)[i], layer(x[i : i + 1])[0], atol=1e-5) for i in range(len(x))[first:end])

    return wrong


def _one_token(t):
    return edited(
        is_batch_independent, f"torch.allclose(together, alone → torch.allclose(together[:, {t}], alone[:, {t}]"
    )


def _same_rows(count):
    def wrong(layer, x):
        alike = layer(x[:1].repeat(count(x), 1, 1))
        return torch.allclose(alike, alike[:1], atol=1e-5)

    return wrong


def _each_row_repeated(layer, x):
    return all(torch.allclose(layer(row.expand(3, -1, -1)), layer(row[None]), atol=1e-5) for row in x)


def _first_and_last_alike(layer, x):
    alike = layer(x[:1].repeat(len(x), 1, 1))
    return torch.allclose(alike[0], alike[-1], atol=1e-5)


def _token_by_token(layer, x):
    alone = torch.cat([layer(x[:, t : t + 1]) for t in range(x.shape[1])], dim=1)
    return torch.allclose(layer(x), alone, atol=1e-5)


def _row_gone(rest):
    def wrong(layer, x):
        return torch.allclose(layer(x)[rest], layer(x[rest]), atol=1e-5)

    return wrong


def _rows_behind(layer, x):
    return torch.allclose(layer(torch.cat([x, x]))[: len(x)], layer(x), atol=1e-5)


def _batch_twice(layer, x):
    return torch.allclose(layer(torch.cat([x, x])), torch.cat([layer(x), layer(x)]), atol=1e-5)


def _ever_more_rows_gone(layer, x):
    return all(torch.allclose(layer(x)[i:], layer(x[i:]), atol=1e-5) for i in range(len(x)))


def _ever_more_rows(layer, x):
    return all(torch.allclose(layer(x)[:i], layer(x[:i]), atol=1e-5) for i in range(1, len(x) + 1))


def _without_batch_axis(layer, x):
    return all(torch.allclose(layer(row), of_all, atol=1e-5) for row, of_all in zip(x, layer(x), strict=True))


def _always_apart(layer, x):
    return True


def _asserted(claim: str):
    return edited(is_batch_independent, f"return torch.allclose(together, alone, atol=1e-5) → {claim}")


def _more_than_two(layer, x):
    return len(x) > 2


def _odd_halves(draw: Draw, rows: int, *shape: int) -> Tensor:
    """Halves of odd numbers, whose sum is the same in any order: nobody's test fails by rounding, nor passes by it.

    A row that is set to a whole number has changed. At each place the rows, up to four, have numbers of another size:
    what is taken from another row shows.
    """
    sizes = 1.5 + (draw.integers(0, 8, *shape) + 2 * torch.arange(rows)[:, None, None]) % 9
    return (sizes * (2 * draw.integers(0, 1, rows, *shape) - 1)).float()


def _draw_layer(draw: Draw) -> dict:
    """The layers in turn, so that none is left out."""
    return {
        "layer": draw.in_turn(LAYERS),
        "x": _odd_halves(draw, draw.size(3, 4), draw.size(3, 6), 2),
    }


IS_BATCH_INDEPENDENT = Exercise(
    id="10.is_batch_independent",
    title="Do the rows stay apart?",
    reference=is_batch_independent,
    cases=_draw_layer,
    example={  # two rows, where all pairs of rows are the whole batch; the drawn cases have more
        "layer": first_two_rows_exchanged,
        "x": torch.tensor([[[8.0, -7.0], [-3.0, -6.0], [1.0, -6.0]], [[-4.0, -9.0], [-2.0, -3.0], [2.0, 8.0]]]),
    },
    trials=5 * len(LAYERS),
    misconceptions=[
        Misconception(
            "a test that never says False",
            "Your test says True of every layer, of those that mix the rows, too. What should it compare, so that it "
            "can fail?",
            _always_apart,
        ),
        Misconception(
            "an assertion in place of an answer",
            "Where the rows are mixed, your test stops with an error. Whoever calls it waits for False.",
            [_asserted(f"assert torch.allclose(together, alone, atol=1e-5){end}") for end in ("", "\n    return True")],
        ),
        Misconception(
            "True or nothing",
            "Where the rows are mixed, your function ends without an answer. False is one, too: return it.",
            _compared("True if torch.allclose(together, alone, atol=1e-5) else None"),
        ),
        Misconception(
            "a row without its batch axis",
            "`x[i]` is (L, d). The layer takes its tokens for rows, and the numbers of a token for tokens. "
            "`x[i : i + 1]` is one row and keeps all three axes.",
            [_without_batch_axis, edited(is_batch_independent, "x[i : i + 1] → x[i]")],
        ),
        Misconception(
            "only the first row tested",
            "You look at the output of row 0. A layer may leave row 0 alone and mix the others, such as a running sum "
            "over the batch.",
            [_some_rows(0), _gradient_of_row_0],
        ),
        Misconception(
            "only the last row tested",
            "You compare the last row. A layer may leave it alone and mix the others.",
            _some_rows(-1),
        ),
        Misconception(
            "two rows tested, and no other",
            "You compare two rows: the first and the last one, or two that have no other company. A layer may leave "
            "the outer rows alone and mix those between them; where there are two rows, both are outer ones.",
            _some_rows(0, -1),  # of the first two alone, each layer says the same: they are the outer ones there
        ),
        Misconception(
            "only one or two rows tested",
            "You compare row 1, or rows 0 and 1. A layer may leave these alone and mix the others.",
            [_some_rows(1), _some_rows(0, 1)],
        ),
        Misconception(
            "one row left out",
            "You test all rows but one. A layer may mix something into this row alone. Where does your range begin, "
            "and where does it end?",
            [_rows_from_to(1, None), _rows_from_to(0, -1)],
            where=_more_than_two,
        ),
        Misconception(
            "only single numbers tested",
            "You compare a single number of each token, or change a single one of each row. A layer may mix the rows "
            "in another number.",
            [
                *(_compared(f"torch.allclose(together[..., {i}], alone[..., {i}], atol=1e-5)") for i in (0, -1)),
                *(_number_of_each_row_changed(i) for i in (0, -1)),
            ],
        ),
        Misconception(
            "rows tested in groups",
            "You compare whole groups of rows. A layer may mix two rows of one group, and then they are never apart.",
            GROUPS,
        ),
        Misconception(
            "a test of the order of rows",
            "You test whether rows in another order give the same outputs in this order. A layer that subtracts the "
            "mean of the batch passes this, and so does one that exchanges the rows of a pair: still a row depends on "
            "another.",
            ORDERS,
        ),
        Misconception(
            "the same row more than once",
            "Your rows are all alike. Then it makes no difference what a row takes from its neighbour: put strangers "
            "beside each other, as x does.",
            [_same_rows(lambda x: 2), _same_rows(len), _first_and_last_alike, _each_row_repeated],
        ),
        Misconception(
            "outputs compared with inputs",
            "You compare the output with the input. A layer may do with a row what it likes. The question is whether "
            "it does the same with this row alone.",
            [_compared(f"torch.allclose({one}, x, atol=1e-5)") for one in ("together", "alone")],
        ),
        Misconception(
            "tokens tested one by one",
            "You give each token alone to the layer. That asks whether the tokens know of each other, and they may. A "
            "row is a whole sequence: `x[i : i + 1]`.",
            _token_by_token,
        ),
        Misconception(
            "rows taken away or added",
            "You take rows away at one end, or add some, and look whether the others move. That finds what comes from "
            "those. A layer may carry something from another one.",
            [
                _row_gone(slice(None, -1)),
                _row_gone(slice(1, None)),
                _ever_more_rows_gone,
                _ever_more_rows,
                _rows_behind,
                _batch_twice,
            ],
            where=_more_than_two,
        ),
        Misconception(
            "one stranger beside a row",
            "You put a row beside a single stranger, or between two copies of it. A layer may take from a row on the "
            "other side, or from one further off; or it may leave alone the place at which yours stands, and mix the "
            "rows at another.",
            [_beside_a_stranger(front, behind) for front, behind in ((0, 1), (1, 0), (1, 1))],
            where=_more_than_two,
        ),
        Misconception(
            "a test of the row on itself",
            "You change a row and look at the output of the same row, alone or among the others. Of course it moves. "
            "Which outputs must not?",
            [_own_row_changed(rows) for rows in (0, slice(None))],
            where=lambda layer, x: layer is not first_two_rows_exchanged,  # there the row's own output does not move
        ),
        Misconception(
            "rows on one side only",
            "You change a row and look at those behind it alone, or at those before it. A layer may carry something "
            "the other way.",
            [_looked_at(lambda i, count: slice(i + 1, None)), _looked_at(lambda i, count: slice(i))],
        ),
        Misconception(
            "only the neighbour looked at",
            "You change a row and look at the one beside it alone. A layer may carry something further, or the other "
            "way.",
            [
                _looked_at(lambda i, count: slice(i + 1, i + 2)),
                _looked_at(lambda i, count: [(i + 1) % count]),
                _looked_at(lambda i, count: [i - 1]),
            ],
        ),
        Misconception(
            "an order that is not turned back",
            "You give the rows in another order, and compare the outputs as if it were the old one: rows are held "
            "against strangers.",
            _order_not_turned_back,
        ),
        Misconception(
            "only one row changed",
            "You change a single row, and look whether others move. That finds what comes from this row. A layer may "
            "carry something from another one.",
            [
                _one_row_changed(0),
                _one_row_changed(-1),
                _one_row_changed(0, 1),
                _one_row_changed(0, -1),
                _one_row_changed(1, 0),
                _first_number_changed,
            ],
        ),
        Misconception(
            "one row that stays apart",
            "True comes as soon as a single row stays apart. All of them have to.",
            _compared(f"any({ROWS_ALIKE})"),
        ),
        Misconception(
            "rows that stay apart, and False",
            "False comes as soon as a single row stays apart, and True where none does. Which way round does the "
            "condition stand?",
            _compared(f"not any({ROWS_ALIKE})"),
        ),
        Misconception(
            "a gradient of all rows together",
            "You differentiate the sum of all outputs. Each row moves it, by its own output at least: whose output "
            "must a row not move?",
            _gradient_of_all_rows,
        ),
        Misconception(
            "differences that cancel",
            "You look at sums, means or sizes. What one number gets from another row may be what the next one loses, "
            "two rows that are exchanged have the same sum, and what is turned keeps its size. Compare number by "
            "number.",
            [
                _compared("torch.allclose(together.sum(), alone.sum(), atol=1e-3)"),
                *(
                    _compared(f"torch.allclose(together.sum({axes}), alone.sum({axes}), atol=1e-3)")
                    for axes in ("(1, 2)", "0", "1")
                ),
                _compared("torch.allclose(together.norm(dim=-1), alone.norm(dim=-1), atol=1e-4)"),
                _compared("torch.allclose(together.abs().sum(), alone.abs().sum(), atol=1e-3)"),
                _compared("torch.allclose(together.norm(), alone.norm(), atol=1e-4)"),
            ],
        ),
        Misconception(
            "strangers that are zero",
            "You put a row beside zeros, and look whether they stay zeros. A layer may multiply a row by what the "
            "others hold, or turn it, and zeros stay zeros: let each row hold something, as in x.",
            _beside_zeros(slice(None)),
        ),
        Misconception(
            "zeros beside the first row alone",
            "You fill row 0, and look whether the zeros beside it stay zeros. That finds what row 0 adds to the "
            "others. A layer may carry something from another row, or multiply by what a row holds: let each hold "
            "something, as in x.",
            _beside_zeros(slice(1)),
        ),
        Misconception(
            "a change of the signs alone",
            "You turn the signs of a row. A layer may take from the others only how large they are: change this, too.",
            _signs_changed,
        ),
        Misconception(
            "a difference that keeps its sign",
            "You ask whether the difference, or its mean, is below a bound on one side only. A leak can make every "
            "number smaller, or every one larger, and in a mean what one number gets may be what another loses: the "
            "size of each counts.",
            [
                _compared(f"bool(({both}).{one}() < 1e-5)")
                for both in ("together - alone", "alone - together")
                for one in ("max", "mean")
            ],
        ),
        Misconception(
            "a tolerance that lets a leak through",
            "Your test overlooks a small leak: a layer that adds a 200th of the batch's mean passes it. Rounding "
            "is a millionth of the numbers, and a tolerance need not be much larger. If you change a row, a large "
            "change makes a leak large, too.",
            _compared("torch.allclose(together, alone, atol=0.5)"),
        ),
        Misconception(
            "no room for rounding",
            "You ask for the same last digit. A layer may add the same numbers in another order when the batch has "
            "another size, and then the last digit differs: torch.allclose leaves room for that.",
            _compared("torch.equal(together, alone)"),
        ),
        Misconception(
            "a change that stays",
            "You change x itself, row after row, and compare with the outputs of the untouched x: what you changed "
            "for one row is still changed at the next.",
            _rows_changed_for_good,
        ),
        Misconception(
            "some numbers that agree",
            "True comes when a single number is the same in both, or when most of them are. All have to be.",
            [
                _compared("bool(torch.isclose(together, alone, atol=1e-5).any())"),
                *(
                    _compared(f"bool(torch.isclose(together, alone, atol=1e-5).float().mean() > {share})")
                    for share in (0.5, 0.9)
                ),
            ],
        ),
        Misconception(
            "outputs that may well differ",
            "Your test says False of rows that stay apart, since it compares outputs that may differ. Is a row that "
            "you changed, now or in a round before, among those that must not move? Or is row i alone held against "
            "all rows? An axis of size 1 does that without a word: (1, L, d), or (B, 1, L, d) from torch.stack, "
            "beside (B, L, d).",
            edited(is_batch_independent, "torch.cat( → torch.stack("),
        ),
        Misconception(
            "two rows compared with each other",
            "You compare the output of one row with that of another. Rows with different inputs have different "
            "outputs, whether they know of each other or not. Compare one row with the same row in other company.",
            _compared("not torch.allclose(together[0], together[1])"),
        ),
        Misconception(
            "a test of causality",
            "You look whether late tokens move the outputs of earlier ones: that asks about time. Here the question is "
            "about rows.",
            [_later_tokens_changed, _later_tokens_cut_off],
        ),
        Misconception(
            "only the first token tested",
            "You compare the outputs of token 0, or change token 0 alone. A layer may mix the rows at a later token.",
            _one_token(0),
        ),
        Misconception(
            "only the last token tested",
            "You compare the outputs of the last token, or change the last token alone. A layer may mix the rows at an "
            "earlier one.",
            _one_token(-1),
        ),
    ],
)
