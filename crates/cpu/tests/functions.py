#!/usr/bin/env python3
"""Writes functions.txt (functions.py 30 1 > functions.txt): the x87's transcendental functions, calculated with mpmath at 1200 bits.

A row: function, ST(0), ST(1), the result rounded toward zero and to nearest; all as 80-bit numbers in hexadecimal.
Angles are reduced with the 66-bit pi of SDM vol. 1, "Approximation of Pi": exactly, as fractions.
"""
import random
import sys
from fractions import Fraction
from mpmath import mp, mpf

mp.prec = 1200
PI_66 = Fraction(0xC90FDAA22168C234C, 2**66)


def bits(sign, field, mant):
    return f"{sign << 15 | field:04x}{mant:016x}"


def value(exp, mant, sign=0):
    """mant / 2^63 * 2^exp, normal or denormal."""
    if exp < -16382:
        mant >>= -16382 - exp
        return Fraction(mant, 2**63) / 2**16382 * (-1) ** sign, bits(sign, 0, mant)
    number = Fraction(mant, 2**63) * Fraction(2) ** exp
    return number * (-1) ** sign, bits(sign, exp + 16383, mant)


def real(f):
    return mpf(f.numerator) / mpf(f.denominator)


def rounded(v):
    """Toward zero and to nearest; both must be finite."""
    sign, v = int(v < 0), abs(v)
    m, e = mp.frexp(v)
    exp = max(int(e) - 1, -16382)
    scaled = mp.ldexp(v, 63 - exp)
    whole = int(mp.floor(scaled))
    near = int(mp.nint(scaled))
    if scaled == whole or scaled == whole + mpf(0.5):
        raise ArithmeticError("more bits are needed")
    def join(m):
        e = exp
        if m >> 64:
            m, e = m >> 1, e + 1
        return bits(sign, e + 16383 if m >> 63 else 0, m)
    return (join(whole), join(near)) if -16445 <= int(e) - 1 < 16380 else None


def reduced(x):
    """x less the nearest multiple of pi/2, and which."""
    n = round(x / (PI_66 / 2))
    return real(x - n * PI_66 / 2), n % 4


def sine(x, more=0):
    r, n = reduced(x)
    return [mp.sin(r), mp.cos(r), -mp.sin(r), -mp.cos(r)][(n + more) % 4]


def tangent(x):
    r, n = reduced(x)
    return -mp.cot(r) if n % 2 else mp.tan(r)


FUNCTIONS = {
    "fsin": lambda x, _: sine(x),
    "fcos": lambda x, _: sine(x, 1),
    "fptan": lambda x, _: tangent(x),
    "f2xm1": lambda x, _: mp.expm1(real(x) * mp.ln(2)),
    "fyl2x": lambda x, y: real(y) * mp.log(real(x), 2),
    "fyl2xp1": lambda x, y: real(y) * mp.log1p(real(x)) / mp.ln(2),
    "fpatan": lambda x, y: mp.atan2(real(y), real(x)),
}


def significand(r):
    m = r.getrandbits(64) | 1 << 63
    # Few bits, or near a power of two.
    match r.randrange(6):
        case 0:
            return m & -1 << r.randrange(32, 63)
        case 1:
            return 1 << 63 | r.getrandbits(64) >> r.randrange(2, 64)
        case 2:
            return m | (1 << r.randrange(40, 63)) - 1
    return m


def operand(r, name, which):
    m, s = significand(r), r.randrange(2)
    if which == 1:
        return value(r.choice([0, 0, 1, -1, 5, -30, 200, -3000, -16390, 9000]), m, s)
    match name:
        case "fsin" | "fcos" | "fptan":
            return value(r.choice([-16400, -9000, -70, -33, -20, -3, -2, -1, 0, 1, 2, 3, 8, 20, 40, 55, 61, 62]), m, s)
        case "f2xm1":
            return value(r.choice([-16390, -16382, -5000, -80, -64, -20, -5, -3, -2, -1, -1, -1]), m, s)
        case "fyl2x":
            return value(r.choice([-16395, -16000, -100, -3, -1, -1, 0, 0, 1, 4, 64, 16383]), m)
        case "fyl2xp1":
            return value(r.choice([-16390, -9000, -90, -64, -30, -10, -4, -3]), m, s)
        case _:
            return value(r.choice([0, 0, 1, -1, 2, -2, 5, -5, -30, 100, -3000, -16390, 9000]), m, s)


def main(count, seed):
    r = random.Random(seed)
    for name, f in FUNCTIONS.items():
        done = 0
        while done < count:
            (x, x_bits), (y, y_bits) = operand(r, name, 0), operand(r, name, 1)
            if x == 0 or y == 0:
                continue
            if name not in ("fyl2x", "fyl2xp1", "fpatan"):
                y_bits = "0" * 20
            v = f(x, y)
            # Exact results, and those that overflow or vanish, are other tests' business.
            if v == 0 or name == "fyl2x" and x == Fraction(2) ** (mp.frexp(real(x))[1] - 1):
                continue
            try:
                result = rounded(v)
            except ArithmeticError:
                with mp.workprec(70_000):
                    result = rounded(f(x, y))
            if result:
                print(name, x_bits, y_bits, *result)
                done += 1


main(int(sys.argv[1]), int(sys.argv[2]))
