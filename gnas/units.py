"""Durations and amounts of memory as people write them."""

import re

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str | float) -> float:
    """Seconds in a duration such as `90`, `30s`, `10m`, `1h30m`.

    Raises:
        ValueError: the text is not a positive duration.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ValueError(f"a duration is a number of seconds or text such as 90s, 10m or 1h30m, not {text!r}")
    if not isinstance(text, str) or re.fullmatch(r"\d+(\.\d+)?", text.strip()):
        seconds = float(text)
    elif re.fullmatch(r"(\d+(\.\d+)?\s*[smhd]\s*)+", text.strip().lower()):
        parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhd])", text.lower())
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    else:
        raise ValueError(f"{text!r} is not a duration; write for example 90s, 10m or 1h30m")
    if not 0 < seconds < float("inf"):
        raise ValueError(f"a duration must be positive and finite, not {text!r}")
    return seconds


def parse_mib(text: str | float) -> float:
    """MiB in an amount of memory such as `4G`, `900M` or a number of MiB.

    Raises:
        ValueError: the text is not a positive amount.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ValueError(f"an amount of memory is a number of MiB or text such as 4G or 900M, not {text!r}")
    if not isinstance(text, str):
        text = f"{text:f}"
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([mgt])?(?:i?b)?", text.strip().lower())
    if found is None or float(found[1]) <= 0:
        raise ValueError(f"{text!r} is not an amount of memory; write for example 4G or 900M")
    return float(found[1]) * {"m": 1, "g": 2**10, "t": 2**20}[found[2] or "m"]


def format_duration(seconds: float) -> str:
    """A duration for a person: `0.4s`, `12s`, `3m05s`, `1h02m`."""
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
