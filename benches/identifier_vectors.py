#!/usr/bin/env python3
"""Writes the values that the identifier types are held against.

usage: identifier_vectors.py OUT_DIR

    python3 -m venv /tmp/vectors
    /tmp/vectors/bin/pip install python-stdnum==2.2
    /tmp/vectors/bin/python benches/identifier_vectors.py crates/plait-types/tests/vectors

For UPN, NHS number and ULN a file `<kind>.csv` of 10,000 lines `value,valid`, half of them valid, the others
damaged in ways that people damage numbers. Who says what is valid: python-stdnum (`gb.upn`, `gb.nhs`), and for the
ULN, which it does not know, the formula of the Learning Records Service below. The same versions write the same
bytes.

Nobody is in these files:
- UPNs are of the years 40 to 89. The first was given out in 1997, so these come in 2040 at the earliest.
- Valid NHS numbers are of the range 999, which is for tests. Those of other ranges have a wrong check digit.
- ULNs have no such range. These are drawn at random and stand for nobody; one may have been given out.

Where Plait and python-stdnum differ on purpose, the files have no value:
- python-stdnum knows the 152 authorities of 2011, so that a right number of a newer council (Dorset, the two
  Northamptonshires, Cumberland …), of Wales or of a pseudo authority is invalid to it. Plait takes an unknown authority
  for doubtful and not for wrong.
- Plait refuses what tracing services answer when there is no number (0000000000, 9999999999) and other numbers that are
  typed because a field wants one. They pass the check digit.
"""

import csv
import random
import sys
from pathlib import Path

from stdnum.gb import nhs, upn

SEED = 20261124
CASES = 10_000
DIGITS = "0123456789"
CHECK_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
AUTHORITIES = sorted(upn._la_numbers)


def main() -> None:
    out = Path(sys.argv[1])
    rng = random.Random(SEED)
    write(out / "upn.csv", rng, right_upn, upn.is_valid, is_common_ground_upn)
    write(out / "nhs_number.csv", rng, right_nhs_number, nhs.is_valid, is_common_ground_nhs_number)
    write(out / "uln.csv", rng, right_uln, is_uln, lambda value: True)


def write(path: Path, rng: random.Random, right, is_valid, is_common_ground) -> None:
    """Half of the lines valid, half not, in no order."""
    wanted = {True: CASES // 2, False: CASES - CASES // 2}
    seen = set()
    lines = []
    while any(wanted.values()):
        value = right(rng)
        if rng.random() < 0.6:
            value = damage(rng, value)
        if rng.random() < 0.1:
            value = respell(rng, value)
        valid = is_valid(value)
        if wanted[valid] and value not in seen and is_common_ground(value):
            seen.add(value)
            wanted[valid] -= 1
            lines.append((value, int(valid)))
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("value", "valid"), *lines])


def right_upn(rng: random.Random) -> str:
    last = rng.choice(CHECK_LETTERS) if rng.random() < 0.3 else rng.choice(DIGITS)
    school, year, serial = rng.randrange(10_000), rng.randrange(40, 90), rng.randrange(100)
    body = f"{rng.choice(AUTHORITIES)}{school:04}{year}{serial:02}{last}"
    return upn.calc_check_digit(body) + body


def is_common_ground_upn(value: str) -> bool:
    """Not a right check letter before an authority that python-stdnum does not know; not a year that has been."""
    value = upn.compact(value)
    if len(value) != 13 or not value[1:12].isdigit() or value[12] not in CHECK_LETTERS + DIGITS:
        return True
    if value[0] != upn.calc_check_digit(value[1:]):
        return True
    return int(value[1:4]) in upn._la_numbers and 40 <= int(value[8:10]) < 90


def right_nhs_number(rng: random.Random) -> str:
    """Mostly of the range for tests; one in five with a wrong check digit in any range."""
    if rng.random() < 0.2:
        while True:
            value = f"{rng.randrange(10**10):010}"
            if not nhs.is_valid(value):
                return value
    while True:
        value = f"999{rng.randrange(10**7):07}"
        if nhs.is_valid(value):
            return value


def is_common_ground_nhs_number(value: str) -> bool:
    """Valid in the range for tests only, and not ten nines."""
    digits = nhs.compact(value)
    return not nhs.is_valid(value) or (digits.startswith("999") and digits != "9" * 10)


def right_uln(rng: random.Random) -> str:
    """One in ten is an NHS number of the range for tests, which no ULN is; one in ten begins with 0."""
    kind = rng.random()
    if kind < 0.1:
        return right_nhs_number(rng)
    while True:
        value = f"{rng.randrange(0 if kind < 0.2 else 10**9, 10**9 if kind < 0.2 else 10**10):010}"
        if weighted_sum(value) % 11 == 10:
            return value


def is_uln(value: str) -> bool:
    """Ten digits, the first not 0, whose sum with the weights 10, 9, … 1 leaves 10 modulo 11."""
    digits = value.replace(" ", "").replace("-", "")
    return len(digits) == 10 and digits.isdigit() and digits[0] != "0" and weighted_sum(digits) % 11 == 10


def weighted_sum(digits: str) -> int:
    return sum(weight * int(digit) for weight, digit in zip(range(10, 0, -1), digits))


def damage(rng: random.Random, value: str) -> str:
    """One mistake: a wrong character, two swapped, one lost, one too many, a letter for a digit that looks like it,
    a letter that is never used, or two wrong characters."""
    at = rng.randrange(len(value))
    kind = rng.random()
    if kind < 0.4:
        return replaced(rng, value, at)
    if kind < 0.7:
        at = min(at, len(value) - 2)
        return value[:at] + value[at + 1] + value[at] + value[at + 2 :]
    if kind < 0.75:
        return value[:at] + value[at + 1 :]
    if kind < 0.8:
        return value[:at] + rng.choice(DIGITS) + value[at:]
    if kind < 0.85:
        return value.translate(str.maketrans(rng.choice(["0", "1", "5"]), "O"))
    if kind < 0.9:
        return value[:at] + rng.choice("IOS") + value[at + 1 :]
    return replaced(rng, replaced(rng, value, at), rng.randrange(len(value)))


def replaced(rng: random.Random, value: str, at: int) -> str:
    """Another character of the same kind."""
    kind = DIGITS if value[at] in DIGITS else CHECK_LETTERS
    return value[:at] + rng.choice([c for c in kind if c != value[at]]) + value[at + 1 :]


def respell(rng: random.Random, value: str) -> str:
    """Lower case or in groups, as it is printed."""
    if rng.random() < 0.5:
        return value.lower()
    return f"{value[:3]} {value[3:6]} {value[6:]}"


if __name__ == "__main__":
    main()
