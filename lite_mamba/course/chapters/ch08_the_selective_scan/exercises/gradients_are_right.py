"""Exercise 5: gradients_are_right."""

from collections.abc import Callable
from functools import wraps

import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def gradients_are_right(function: Callable[..., Tensor], inputs: tuple[Tensor, ...]) -> bool:
    """Whether autograd and finite differences agree for every input, in float64."""
    exact = tuple(x.detach().double().requires_grad_() for x in inputs)
    return gradcheck(function, exact, raise_exception=False)


def _only_runs_backward(function, inputs):
    exact = tuple(x.detach().double().requires_grad_() for x in inputs)
    function(*exact).sum().backward()
    return all(x.grad is not None and bool(x.grad.isfinite().all()) for x in exact)


def _along_the_sum(function, inputs):
    """The slope of the sum of the outputs when all inputs are nudged together."""
    exact = tuple(x.detach().double().requires_grad_() for x in inputs)
    slopes = torch.autograd.grad(function(*exact).sum(), exact, allow_unused=True)
    slope = sum(x.sum() for x in slopes if x is not None)
    with torch.no_grad():
        up, down = (function(*(x + nudge for x in exact)).sum() for nudge in (1e-6, -1e-6))
    return bool(torch.isclose(slope, (up - down) / 2e-6, rtol=1e-3, atol=1e-4))


def _whole_inputs(function, inputs):
    """Each input nudged as a whole, and compared place by place with the slopes of the sum of the outputs."""
    exact = tuple(x.detach().double().requires_grad_() for x in inputs)
    slopes = torch.autograd.grad(function(*exact).sum(), exact, allow_unused=True)
    for i, slope in enumerate(slopes):
        nudge = 1e-6 * torch.ones_like(exact[i])
        up, down = (function(*exact[:i], exact[i] + way * nudge, *exact[i + 1 :]) for way in (1, -1))
        if slope is None or not torch.allclose(slope, (up - down) / 2e-6, rtol=1e-3, atol=1e-5):
            return False
    return True


_first_numbers = edited(
    _whole_inputs,
    "torch.ones_like(exact[i]) → torch.eye(exact[i].numel())[0].view_as(exact[i])",
    "allclose(slope, (up - down) / → allclose(slope.flatten()[0], (up - down).sum() /",
)


def _number_by_number(function, inputs):
    """Each number nudged in its turn, and the change of each output compared with its slope: a right answer."""
    exact, agree = [x.detach().double() for x in inputs], []

    def outputs(*given):
        return function(*given).flatten()

    slopes = torch.autograd.functional.jacobian(outputs, tuple(exact))
    for i, x in enumerate(exact):
        for place in range(x.numel()):
            nudge = 1e-6 * torch.eye(x.numel())[place].view_as(x)
            up, down = (outputs(*exact[:i], x + way * nudge, *exact[i + 1 :]) for way in (1, -1))
            miss = (up - down) / 2e-6 - slopes[i].flatten(1)[:, place]
            agree += (miss.abs() < 1e-4).tolist()
    return all(agree)


_BY_NUMBERS = _number_by_number, edited(_number_by_number, "flatten() → sum()[None]")


def _any_input(function, inputs):
    exact = [x.detach().double() for x in inputs]
    return any(
        gradcheck(function, [x.clone().requires_grad_(i == j) for j, x in enumerate(exact)], raise_exception=False)
        for i in range(len(exact))
    )


def _demands_gradients(function, inputs):
    exact = tuple(x.detach().double().requires_grad_() for x in inputs)
    torch.autograd.grad(function(*exact).sum(), exact)
    return gradcheck(function, exact, raise_exception=False)


class _ByHand(torch.autograd.Function):
    """The product a·b with a backward pass written by hand: `slopes(grad, a, b)` gives the two gradients."""

    generate_vmap_rule = True  # for the gradients of torch.func

    @staticmethod
    def forward(a, b, slopes):
        return a * b

    @staticmethod
    def setup_context(ctx, inputs, output):
        a, b, ctx.slopes = inputs
        ctx.save_for_backward(a, b)

    @staticmethod
    def backward(ctx, grad):
        return *ctx.slopes(grad, *ctx.saved_tensors), None


def plain_recurrence(a, b):
    """h = a·h + b over the last axis, the states as the output."""
    h, states = torch.zeros_like(a[..., 0]), []
    for a_t, b_t in zip(a.unbind(-1), b.unbind(-1), strict=True):
        h = a_t * h + b_t
        states.append(h)
    return torch.stack(states, dim=-1)


def product_by_hand(a, b):
    """a·b, with the right gradients."""
    return _ByHand.apply(a, b, lambda grad, a, b: (grad * b, grad * a))


def square(a):
    """a·a: a function of one input."""
    return a * a


def cube(a):
    """a·a·a: a wide nudge misses its slope."""
    return a * a * a


def weighted_sum(a, b, c):
    """a·b + c·b: a function of three inputs."""
    return a * b + c * b


def weighted_rows(a, b):
    """a·b, with one row b for all rows of a: inputs of two shapes."""
    return a * b


def wave(a):
    """sin(10·a): it curves so much that a nudge of a hundredth is a wide one."""
    return torch.sin(10 * a)


def _called(words: str, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A function with the name that a card shows: what is the matter with it."""
    function.__name__ = words
    return function


def _by_hand(words: str, edit: str) -> Callable[..., Tensor]:
    """The product with another backward pass."""
    return _called(f"product_by_hand, {words}", edited(product_by_hand, edit))


cut_recurrence = _called("plain_recurrence, h detached", edited(plain_recurrence, "a_t * h → a_t * h.detach()"))
CUT_OFF = (  # the functions that give one of their inputs no gradient
    _called("weighted_sum, c detached", edited(weighted_sum, "c * b → c.detach() * b")),
    _by_hand("a detached", "return _ByHand.apply(a → return _ByHand.apply(a.detach()"),
)
LARGE = tuple(  # right functions whose outputs are too large for float32, whatever the nudge
    _called(f"10 000 + {function.__name__}", edited(function, "return → return 1e4 +"))
    for function in (product_by_hand, square, cube, weighted_sum)
)
ZERO = _called("0 · product_by_hand", edited(product_by_hand, "return _ByHand → return 0 * _ByHand"))
BY_A_TWENTIETH = (  # wrong by that part, for one input or for all
    _by_hand("gradient of b 5 % too large", "grad * a → grad * a * 1.05"),
    _by_hand("gradients 5 % too large", "(grad * b, grad * a) → (grad * b * 1.05, grad * a * 1.05)"),
)
A_SQUARE_NEARLY = _called(  # wrong by a twentieth, too, and by less than 0.1
    "square, gradient 5 % too large",
    edited(
        square,
        "return a * a → return _ByHand.apply(a, a, lambda grad, a, b: (1.05 * grad * b, 1.05 * grad * a))",
    ),
)
GROSS = (  # wrong by 1 for each number of an input
    _by_hand("gradient of b too large by 1", "grad * a → grad * (a + 1)"),  # right for the first input
    _by_hand("gradient of a too large by 1", "(grad * b → (grad * (b + 1)"),  # right for the last input
)
FUNCTIONS = {  # each with the right answer, and what only this one finds
    plain_recurrence: True,
    product_by_hand: True,
    LARGE[0]: True,
    ZERO: True,  # right even in float32
    square: True,
    cube: True,
    weighted_sum: True,
    weighted_rows: True,
    wave: True,
    **dict.fromkeys(LARGE[1:], True),
    CUT_OFF[0]: False,  # right for the first two inputs
    cut_recurrence: False,
    **dict.fromkeys(GROSS, False),
    _by_hand(
        "gradient of b wrong where a is between 0 and 1", "grad * a → grad * (a + ((0 < a) & (a < 1)).all())"
    ): False,  # right for most other numbers
    _by_hand(
        "gradient of a wrong where b has one decimal",
        "(grad * b → (grad * (b + torch.isclose(10 * b, (10 * b).round()).all())",
    ): False,  # right for numbers of more digits than are given
    _by_hand(
        "last gradient of b missing", "grad * a → F.pad((grad * a)[..., :-1], (0, 1))"
    ): False,  # wrong for the last number alone
    **dict.fromkeys(BY_A_TWENTIETH, False),
    A_SQUARE_NEARLY: False,
    _by_hand(
        "first gradient of b missing", "grad * a → F.pad((grad * a)[..., 1:], (1, 0))"
    ): False,  # wrong for the first number alone
    _by_hand(
        "gradient of a right in the first row alone",
        "(grad * b → (grad * (b + 1).where(torch.arange(len(b))[:, None] > 0, b)",
    ): False,
    CUT_OFF[1]: False,  # no gradient at all
    _by_hand(
        "gradients in reverse order", "(grad * b, grad * a) → ((grad * b).flip(-1), (grad * a).flip(-1))"
    ): False,  # right in sum
    _by_hand(
        "gradients of other outputs", "(grad * b, grad * a) → (grad.flip(-1) * b, grad.flip(-1) * a)"
    ): False,  # right for the sum
}


def _gradient_cases(draw: Draw) -> dict:
    function = draw.in_turn(FUNCTIONS)
    rows, length = draw.size(1 if FUNCTIONS[function] else 2, 2), draw.size(2, 4)
    a = draw.uniform(0.3, 0.9, rows, length).round(decimals=1)
    shape = (length,) if function is weighted_rows else (rows, length)
    others = (3 * draw.normal(*shape) + 0.5 for _ in range(function.__code__.co_argcount - 1))
    return {"function": function, "inputs": (a, *others)}


def _heard(answer, /, function, inputs):
    """The answer for a function. Requests for gradients that it leaves on the given inputs are an error.

    Float32 alone is one, too, where it makes right gradients look wrong: the answers of a nudge that is too small are
    the same.
    """
    formats = set()

    @wraps(function)
    def heard(*given, **named):
        formats.update(x.dtype for x in given if isinstance(x, Tensor))
        return function(*given, **named)

    result = answer(heard, inputs)
    if any(x.requires_grad for x in inputs):
        raise RuntimeError("the given inputs ask for gradients now; they must stay as they came")
    if result is False and function in LARGE and formats and torch.float64 not in formats:
        raise RuntimeError("the gradients are right, and the answer is False: the function was given float32 alone")
    return result


def _lost_in_float32(function, inputs):
    """Whether float32 rounds the difference of some output away, as of more than three large ones; or a gradient is
    wrong anyhow.
    """
    return function in GROSS or (function in LARGE and inputs[0].numel() > 3)


REQUEST = "x.detach().double().requires_grad_() for x in inputs"


GRADIENTS_ARE_RIGHT = Exercise(
    id="08.gradients_are_right",
    title="Are the gradients right?",
    reference=gradients_are_right,
    cases=_gradient_cases,
    apply=_heard,
    trials=100,
    misconceptions=[
        Misconception(
            "right functions that fail",
            "Functions fail whose gradients are right. Inputs that differ by a small ε give outputs that float32 can "
            "hardly tell apart: make the inputs float64 first. If they are, leave gradcheck its own ε and tolerances, "
            "and leave out torch.no_grad. A difference of your own is divided by 2ε, and never agrees in the last "
            "digits.",
            [
                edited(gradients_are_right, ".double() → "),
                edited(gradients_are_right, "exact, → exact, atol=0, rtol=0,"),
                edited(gradients_are_right, ".double() → ", "exact, → exact, eps=1e-3, atol=1e-2,"),
                edited(gradients_are_right, ".double() → ", "exact, → exact, eps=1e-3, atol=1e-1, rtol=1e-1,"),
            ],
            where=lambda function, inputs: (
                function not in (*BY_A_TWENTIETH, A_SQUARE_NEARLY)
            ),  # wide tolerances pass them
        ),
        Misconception(
            "a backward that runs is taken for right",
            "Every gradient that comes is taken for right, whatever its numbers are. Wrong ones come as readily. They "
            "must be compared with finite differences: gradcheck does it.",
            [_only_runs_backward, edited(_only_runs_backward, "x.grad.isfinite().all() → x.grad.any()")],
            where=lambda function, inputs: function is not ZERO,
        ),
        Misconception(
            "an error where an input gets no gradient",
            "Some functions cut an input off, and then `torch.autograd.grad` raises. A gradient that does not come is "
            "a wrong one, and the answer is False: with allow_unused=True, None stands in its place.",
            _demands_gradients,
            where=lambda function, inputs: function in CUT_OFF,
        ),
        Misconception(
            "the second derivatives checked",
            "gradgradcheck tests the backward pass of the backward pass, and takes the first one for right. The "
            "question is about the first: gradcheck.",
            edited(gradients_are_right, "return gradcheck → return gradgradcheck", gradgradcheck=gradgradcheck),
        ),
        Misconception(
            "True and False the wrong way round",
            "Every answer is the opposite of the right one. True says that autograd and the finite differences agree.",
            edited(gradients_are_right, "return gradcheck → return not gradcheck"),
        ),
        Misconception(
            "inputs that do not count",
            "For some of the inputs, or of their numbers, wrong gradients do not change your answer: they ask for "
            "none, or the verdict on them is lost in a loop. A function can be right for one and wrong for another.",
            [
                *(
                    edited(
                        gradients_are_right,
                        f"tuple({REQUEST}) → [x.detach().double() for x in inputs]; "
                        f"[x.requires_grad_() for x in {some}]",
                    )
                    for some in ("exact[:1]", "exact[-1:]", "exact[:-1]", "exact[1:]", "exact[:2]")
                ),
                *(edited(by_numbers, "agree += → agree =") for by_numbers in _BY_NUMBERS),
            ],
            where=lambda function, inputs: len(inputs) > 1,
        ),
        Misconception(
            "one right input is enough",
            "The inputs are checked one by one, and one that is right makes the answer True. It takes all of them: a "
            "wrong gradient of one input is a wrong gradient.",
            _any_input,
        ),
        Misconception(
            "one direction checked",
            "You add up the outputs, or nudge many numbers at once. Errors that cancel in the sum stay unseen. Every "
            "output has a slope with respect to every input.",
            [
                _along_the_sum,
                _whole_inputs,
                edited(gradients_are_right, "gradcheck(function → gradcheck(lambda *given: function(*given).sum()"),
            ],
        ),
        Misconception(
            "one number of each input checked",
            "Only the first number of each input is nudged. A gradient may be right for it and wrong for the others: "
            "each number has its turn.",
            [_first_numbers, edited(_number_by_number, "range(x.numel()) → range(1)")],
        ),
        Misconception(
            "one right slope is enough",
            "The slopes are compared number by number, and one that agrees makes the answer True. It takes all of "
            "them.",
            edited(_BY_NUMBERS[1], "all(agree) → any(agree)"),
        ),
        Misconception(
            "a difference whose sign counts",
            "Two slopes are taken for equal where one is smaller than the other: their difference is negative then, "
            "and so below any tolerance. It is the size of the difference that counts.",
            [
                edited(by_numbers, f"miss.abs() → {difference}")
                for by_numbers in _BY_NUMBERS
                for difference in ("miss", "-miss")
            ],
        ),
        Misconception(
            "one output checked",
            "The gradients of one output are checked, or of the outputs of one token or one row. They may be right "
            "there and wrong for the others.",
            [
                edited(gradients_are_right, f"gradcheck(function → gradcheck(lambda *given: function(*given){one}")
                for one in ("[..., 0]", "[..., -1]", ".flatten()[0]", "[:1]")
            ],
        ),
        Misconception(
            "the function called too early",
            "gradcheck takes the function itself, and calls it many times, with inputs that it nudges. You give it the "
            "tensor that came out of one call.",
            edited(gradients_are_right, "gradcheck(function, → gradcheck(function(*exact),"),
        ),
        Misconception(
            "inputs unpacked for gradcheck",
            "gradcheck takes two things: the function, and all its inputs in one tuple. It unpacks the tuple itself.",
            edited(gradients_are_right, "gradcheck(function, exact → gradcheck(function, *exact"),
            where=lambda function, inputs: len(inputs) > 1,
        ),
        Misconception(
            "a nudge that is too wide",
            "Functions fail whose gradients are right: a function that curves is no line over so wide a nudge, and the "
            "finite difference misses its slope. In float64 gradcheck's own ε is a good one.",
            [
                *(edited(gradients_are_right, f"exact, → exact, eps={nudge},") for nudge in (0.1, 0.01)),
                edited(  # to one side
                    _number_by_number, "1e-6 * → 1e-3 *", "way in (1, -1) → way in (1, 0)", "/ 2e-6 → / 1e-3"
                ),
            ],
        ),
        Misconception(
            "a nudge that is too small",
            "Functions fail whose gradients are right: with so small a nudge the two outputs are almost equal, and "
            "rounding takes the digits of their difference. In float64 gradcheck's own ε is a good one.",
            [
                edited(gradients_are_right, f"exact, → exact, eps={nudge},")
                for nudge in (1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15)
            ],
        ),
        Misconception(
            "tolerances that are too wide",
            "Gradients pass that are wrong. In float64 the two slopes agree in many digits if the "
            "backward pass is right, so that nothing has to be forgiven: leave gradcheck its own tolerances.",
            [
                edited(gradients_are_right, f"exact, → exact, {wide},")
                for wide in (
                    *("atol=0.1", "atol=0.2", "atol=0.5", "atol=1.0", "rtol=0.1", "rtol=0.5", "rtol=1.0"),
                    *("atol=0.1, rtol=0.5", "atol=0.5, rtol=0.5", "atol=1.0, rtol=1.0"),
                )
            ],
            where=lambda function, inputs: function not in BY_A_TWENTIETH,  # they pass for some numbers only
        ),
        Misconception(
            "inputs of your own",
            "You check the function somewhere else, at zeros, at ones or at random numbers. A gradient may be "
            "right there and wrong here, or the other way round: take the numbers that are given.",
            [
                edited(gradients_are_right, f"x.detach().double() → torch.{own}_like(x, dtype=torch.float64)")
                for own in ("randn", "rand", "zeros", "ones")
            ],
        ),
        Misconception(
            "nothing that asks for a gradient",
            "gradcheck finds no tensor that asks for a gradient. `.double()` and `.detach()` make new tensors: "
            "`.requires_grad_()` comes after both. And gradcheck takes the function first, then the tensors themselves "
            "in one tuple, not inside of another, and no generator of them.",
            edited(gradients_are_right, ".requires_grad_() → "),
        ),
        Misconception(
            "a request on the given inputs",
            "The tensors that were given ask for gradients now, by `requires_grad_` or `requires_grad = True`, and "
            "they keep it. They belong to somebody else. Make new ones first, with .detach(), and let those ask.",
            edited(gradients_are_right, "x.detach().double().requires_grad_() → x.requires_grad_().double()"),
        ),
        Misconception(
            "an error instead of an answer",
            "gradcheck raises where it finds a difference. Here you want True or False: pass raise_exception=False.",
            [
                edited(gradients_are_right, ", raise_exception=False → ", *precision)
                for precision in ((), (".double() → ",))
            ],
        ),
        Misconception(
            "no answer where a gradient is wrong",
            "Functions whose gradients are wrong get None. They are to get False: which way through your code ends "
            "without `return`, behind `except` or where a condition does not hold?",
            edited(gradients_are_right, "raise_exception=False) → raise_exception=False) or None"),
        ),
        Misconception(
            "always the same answer",
            "Your answer is the same for all functions of the check, and only some of them are right: a fixed answer, "
            "a test that everything passes, or a line that raises each time under an `except` that answers for it.",
            [lambda function, inputs: True, lambda function, inputs: False],
        ),
        Misconception(
            "a difference that rounding takes",
            "Functions with large outputs fail whose gradients are right: what the nudge changes in them is lost in "
            "their rounding. Are the inputs float64, is the nudge not too small, and does the tolerance leave room for "
            "the last digits?",
            [
                edited(gradients_are_right, ".double() → ", "exact, → exact, atol=1e-1, rtol=1e-1,"),
                edited(gradients_are_right, "return → return function.__wrapped__ not in (*LARGE, cube) and"),
            ],
            where=lambda function, inputs: function is square or _lost_in_float32(function, inputs),
        ),
        Misconception(
            "differences of float32 numbers",
            "Functions fail whose gradients are right. A nudge makes two outputs that are almost equal, and float32 "
            "has too few digits for their difference, the fewer the larger they are. Another ε and wider tolerances do "
            "not mend that: which format has more digits?",
            edited(gradients_are_right, ".double() → ", "exact, → exact, atol=0.01,"),
            where=_lost_in_float32,
        ),
    ],
)
