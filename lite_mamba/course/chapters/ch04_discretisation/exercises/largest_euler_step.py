"""Exercise 4: largest_euler_step."""

from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def largest_euler_step(pole: complex) -> float:
    """The Δ at which |1 + Δs| = 1: Δ = −2·Re(s)/|s|², for a pole in the left half-plane."""
    return -2 * pole.real / abs(pole) ** 2


def _scan(grid: float, back: int):
    """A search on a grid: the first step outside of the circle, or the last one inside of it."""

    def scan(pole):
        delta = grid * max(1, int(largest_euler_step(pole) / grid) - 2)  # those before it are inside of the circle
        while abs(1 + delta * pole) < 1:
            delta += grid
        return delta - back * grid

    return scan


def _between_marks(pole):
    """Whether a short step lies between the marks of every grid: at a mark, rounding says which side is taken."""
    marks = 10_000 * largest_euler_step(pole)
    return abs(marks - round(marks)) > 1e-3 and not _is_slow(pole)


def _is_slow(pole):
    """Whether the step is longer than that of any quick pole: a search may end before it."""
    return largest_euler_step(pole) > 8


def _swings(pole):
    """Whether a pole is complex: of a real one the imaginary part, and what is done with it, cannot be seen."""
    return pole.imag != 0


def _pole_cases(draw: Draw) -> dict:
    size = draw.size(0, 8)  # the imaginary part grows; a real pole comes first
    pole = complex(-draw.random.randint(1, 12) / 4, draw.choice([-1, 1]) * size / draw.choice([2, 3]))
    return {"pole": pole * draw.in_turn([1, 1, 1, 1 / 125])}  # some are slow: their steps are long


LARGEST_EULER_STEP = Exercise(
    id="04.largest_euler_step",
    title="The largest step that Euler survives",
    reference=largest_euler_step,
    cases=_pole_cases,
    rtol=4e-7,
    atol=1e-9,
    misconceptions=[
        Misconception(
            "the rule for real poles",
            "2/|s| is right for a real pole only. A complex pole leaves the circle earlier, since it moves sideways "
            "too. Write |1 + Δs|² with both parts: (1 + Δ·Re s)² + (Δ·Im s)².",
            edited(largest_euler_step, "-2 * pole.real / abs(pole) ** 2 → 2 / abs(pole)"),
        ),
        Misconception(
            "a limit for each part",
            "You ask of each part alone how long a step it allows, or add up their sizes. |z| = 1 is a circle, in "
            "which both count at once: |1 + Δs|² = (1 + Δ·Re s)² + (Δ·Im s)².",
            [
                edited(largest_euler_step, f"-2 * pole.real / abs(pole) ** 2 → 2 / {size}")
                for size in ("max(abs(pole.real), abs(pole.imag))", "(abs(pole.real) + abs(pole.imag))")
            ],
        ),
        Misconception(
            "the limit of overshooting",
            "At your Δ a real pole reaches z = 0: the level jumps to its end in one tick, and beyond that it "
            "overshoots. That is not yet an explosion. Where is |z| = 1?",
            [
                edited(largest_euler_step, f"-2 * pole.real / abs(pole) ** 2 → {at}")
                for at in ("1 / abs(pole)", "-1 / pole.real")
            ],
        ),
        Misconception(
            "half of the step",
            "Your Δ is half of the right one. From |1 + Δs|² = 1 follows 2Δ·Re s + Δ²·|s|² = 0. Divide by Δ, once.",
            edited(largest_euler_step, "-2 * → -"),
        ),
        Misconception(
            "a forgotten imaginary part",
            "You use the real part alone, as if the motion did not swing. Try s = −0.2 + 2i: your step is 10, and "
            "1 + 10·s lies far outside the unit circle.",
            edited(largest_euler_step, " * pole.real / abs(pole) ** 2 → / pole.real"),
        ),
        Misconception(
            "the wrong power of the size",
            "Δ must be a time, and s counts per time. So the result has to scale as 1/s: make every s twice as large, "
            "and Δ must halve. Yours does not. Which power of |s| stands before Δ²?",
            [
                edited(largest_euler_step, f"abs(pole) ** 2 → {size}")
                for size in (
                    "abs(pole)",
                    "abs(pole) * 2",
                    "(abs(pole) * 2)",
                    "abs(pole) ** 3",
                    "abs(pole) ** 4",
                    "(pole.real**2 + pole.imag)",
                    "(pole.real**2 + abs(pole.imag))",
                )
            ],
        ),
        Misconception(
            "a negative step",
            "The size is right, but the sign is not: the real part of a stable pole is negative, and a step is "
            "positive.",
            edited(largest_euler_step, "-2 → 2"),
        ),
        Misconception(
            "the square of s in the place of its size",
            "s² is a complex number, and its real part is (Re s)² − (Im s)². What |1 + Δs|² holds is |s|², with a plus "
            "between the two squares.",
            [
                edited(largest_euler_step, "abs(pole) ** 2 → (pole**2).real"),
                edited(largest_euler_step, "abs(pole) ** 2 → abs((pole**2).real)"),
                edited(largest_euler_step, "abs(pole) ** 2 → -(pole**2).real"),
                edited(largest_euler_step, "abs(pole) ** 2 → pole ** 2"),
                edited(largest_euler_step, "abs(pole) ** 2 → (pole.real**2 + (pole.imag * 1j) ** 2)"),
                edited(largest_euler_step, "-2 * pole.real / abs(pole) ** 2 → (-2 * pole.real / pole ** 2).real"),
            ],
            where=_swings,
        ),
        Misconception(
            "the sum of the parts squared",
            "You square Re s + Im s. The size of a complex number has the sum of the two squares: |s|² = (Re s)² + "
            "(Im s)².",
            [
                edited(largest_euler_step, "abs(pole) ** 2 → (pole.real + pole.imag) ** 2"),
                edited(largest_euler_step, "abs(pole) ** 2 → (abs(pole.real) + abs(pole.imag)) ** 2"),
            ],
        ),
        Misconception(
            "a step without its real part",
            "You divide by |s|² and leave the real part out. Set the middle term of |1 + Δs|² = 1 + 2Δ·Re s + Δ²·|s|² "
            "against the last one.",
            [
                edited(largest_euler_step, "-2 * pole.real / → 2 /"),
                edited(largest_euler_step, "-2 * pole.real / → 1 /"),
            ],
        ),
        Misconception(
            "a complex step",
            "−2/s solves 1 + Δ·s = −1, a single point of the unit circle, and it is complex. A step is a real number: "
            "it is the size of 1 + Δ·s that must be 1.",
            edited(largest_euler_step, "-2 * pole.real / abs(pole) ** 2 → -2 / pole"),
            where=_swings,
        ),
        Misconception(
            "the imaginary part in the place of the real one",
            "In the numerator stands the imaginary part. |1 + Δs|² = 1 + 2Δ·Re s + Δ²·|s|²: the term with Δ has the "
            "real part.",
            [
                edited(largest_euler_step, "-2 * pole.real → 2 * abs(pole.imag)"),
                edited(largest_euler_step, "pole.real → pole.imag"),
                edited(largest_euler_step, "-2 * pole.real → 2 * pole.imag"),
            ],
            where=_swings,
        ),
        Misconception(
            "a step that is not exact",
            "Your step is close: it is rounded, or found on a grid. |1 + Δs|² = 1 can be solved for Δ.",
            [
                *(
                    edited(largest_euler_step, "return → return round(", f"** 2 → ** 2, {digits})")
                    for digits in (1, 2, 3, 4, 5, 6)
                ),
                *(_scan(grid, back) for grid in (0.1, 0.01, 1e-3, 1e-4, 1e-5) for back in (0, 1)),
            ],
            where=_between_marks,
        ),
        Misconception(
            "a search that ends too early",
            "A slow pole, close to 0, allows a step that is far longer than any that you try: there your search stops "
            "at its own end. |1 + Δs|² = 1 can be solved for Δ.",
            [
                edited(largest_euler_step, "return → return min(", f"** 2 → ** 2, {end:.1f})")
                for end in (1, 2, 3, 4, 5, 8, 10, 16, 20, 50, 100)
            ],
        ),
        Misconception(
            "a step in whole numbers",
            "The step is cut, or rounded, to a whole number: `//`, int and round do that. Most poles leave the circle "
            "in between. And |1 + Δs|² = 1 can be solved for Δ.",
            [
                edited(largest_euler_step, "/ abs → // abs"),
                edited(largest_euler_step, "return → return round(", "** 2 → ** 2)"),
            ],
        ),
        Misconception(
            "no step at all",
            "Δ = 0 solves |1 + Δs| = 1, too: nothing has moved yet. There is a second solution.",
            edited(largest_euler_step, "-2 → 0"),
        ),
        Misconception(
            "a 1 that has not cancelled",
            "Multiply out |1 + Δs|² = 1: there is a 1 on both sides, and it cancels. Your quadratic equation keeps it.",
            [
                edited(largest_euler_step, "-2 * pole.real / abs(pole) ** 2 → " + root + " / abs(pole) ** 2")
                for root in (
                    "(-pole.real + math.sqrt(pole.real**2 - abs(pole) ** 2))",
                    "(-pole.real + (pole.real**2 - abs(pole) ** 2) ** 0.5)",
                )
            ],
        ),
        Misconception(
            "a root too many",
            "You take a root. In 2Δ·Re s + Δ²·|s|² = 0 there is a Δ in both terms: once both are divided by it, "
            "nothing is squared any more.",
            edited(largest_euler_step, "return → return (", "** 2 → ** 2) ** 0.5"),
        ),
        Misconception(
            "forgotten brackets",
            "a / b + c is (a / b) + c. Both squares stand below the line: their sum needs brackets.",
            edited(largest_euler_step, "abs(pole) ** 2 → pole.real ** 2 + pole.imag ** 2"),
            where=lambda pole: abs(pole.imag) > 0.1,  # else the last square is too small to be seen
        ),
        Misconception(
            "a product in the place of a quotient",
            "You multiply by |s|². It stands before Δ²: to get Δ alone, divide by it.",
            edited(largest_euler_step, "/ abs → * abs"),
        ),
        Misconception(
            "an upside-down fraction",
            "With your formula a pole far out allows a long step. Set Δ·|s|² against −2·Re s and solve for Δ.",
            [
                edited(largest_euler_step, f"-2 * pole.real / abs(pole) ** 2 → abs(pole) ** 2 {over}")
                for over in ("/ (-2 * pole.real)", "* -2 / pole.real")
            ],
        ),
        Misconception(
            "the imaginary part alone",
            "The real part belongs in the size, too: |s|² = (Re s)² + (Im s)². Section 2 has the step for a bucket, "
            "where Im s = 0.",
            [
                edited(largest_euler_step, "abs(pole) → abs(pole.imag)"),
                edited(largest_euler_step, "abs(pole) ** 2 → (pole.imag or pole.real) ** 2"),
            ],
        ),
    ],
)
