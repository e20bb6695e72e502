"""Numbers as sentences, titles and labels write them. Code keeps its hyphens; a reader sees a minus."""

import re

__all__ = ["are", "opening", "percent", "several", "three_digits", "with_unit", "written"]


def written(value: float, form: str = ".3g") -> str:
    """A number as a sentence writes it: with a true minus sign, none before a zero, and a short exponent; or NaN.

    Args:
        value: the number.
        form: how Python formats it, as in an f-string; a comma in it groups the digits of numbers from 10 000 on.

    Example:
        >>> written(-0.5), written(-0.04, ".1f"), written(1.2e-7)
        ('−0.5', '0.0', '1.2e−7')
        >>> written(float("nan"), ".3f")
        'NaN'
        >>> written(1024, ","), written(16384, ","), written(1e6, ",.0f")
        ('1024', '16 384', '1 000 000')
    """
    number = re.sub(r"e([+-])0", r"e\1", f"{value:{form}}").replace("e+", "e").replace("nan", "NaN")
    number = re.sub(r"^(-?\d),(\d{3})(?!,)", r"\1\2", number).replace(",", " ")
    return (number if number.strip("-0.") else number.removeprefix("-")).replace("-", "−")


def three_digits(value: float) -> str:
    """A number to three digits, all three written, so that numbers which stand side by side can be compared.

    Example:
        >>> three_digits(1.43), three_digits(2), three_digits(43.03), three_digits(0.43), three_digits(30149)
        ('1.43', '2.00', '43.0', '0.430', '30 100')
    """
    rounded = float(f"{value:.3g}")
    return written(rounded, ",.0f" if abs(rounded) >= 100 else "#.3g")


def percent(share: float, ends: int = 0) -> str:
    """A share in per cent. What is not nothing never reads as 0 %, what is not all never as 100 %, both up to rounding.

    Args:
        share: the part of 1.
        ends: digits behind the point for what is within 1 % of nothing or of all.

    Example:
        >>> percent(0.874), percent(0.997), percent(1), percent(0.004), percent(0)
        ('87 %', 'over 99 %', '100 %', 'under 1 %', '0 %')
        >>> percent(0.874, ends=1), percent(0.997, ends=1), percent(0.9999, ends=1), percent(0.0004, ends=1)
        ('87 %', '99.7 %', 'over 99.9 %', 'under 0.1 %')
        >>> percent(0.0096, ends=1), percent(0.0104, ends=1), percent(0, ends=1), percent(0.1452, ends=1)
        ('1 %', '1 %', '0 %', '15 %')
    """
    value, least = round(100 * share, 4), 10.0**-ends
    if 0 < value < least or 100 - least < value < 100:
        return f"under {least:g} %" if value < 50 else f"over {100 - least:g} %"
    rounded = round(value, ends)
    return f"{value:.{ends if 0 < rounded < 1 or 99 < rounded < 100 else 0}f} %"


def opening(words: str) -> str:
    """Words as a sentence or a title begins, with a capital letter.

    Example:
        >>> opening("zero-order hold (yours)"), opening("Δ of a token")
        ('Zero-order hold (yours)', 'Δ of a token')
    """
    return words[:1].upper() + words[1:]


def several(number: float | str, thing: str) -> str:
    """A number of things: one has no s.

    Args:
        number: how many, or what `written` made of it.
        thing: the word for one.

    Example:
        >>> several(1, "step"), several(0, "step"), several(written(16384, ","), "step")
        ('1 step', '0 steps', '16 384 steps')
    """
    return f"{number} {thing}{'' if str(number) == '1' else 's'}"


def are(number: int) -> str:
    """The verb behind a number of things: one is, others are.

    Example:
        >>> f"{several(1, 'output')} {are(1)} wrong", f"{several(0, 'output')} {are(0)} wrong"
        ('1 output is wrong', '0 outputs are wrong')
    """
    return "is" if number == 1 else "are"


def with_unit(number: str, units: str) -> str:
    """A number and its unit, which is given in the plural: one has no s.

    Example:
        >>> with_unit("1", "steps"), with_unit("2", "steps"), with_unit("1", "s"), with_unit("1", "")
        ('1 step', '2 steps', '1 s', '1')
    """
    one = number == "1" and len(units) > 2 and units.endswith("s")
    return f"{number} {units[:-1] if one else units}".rstrip()
