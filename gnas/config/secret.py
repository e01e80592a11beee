"""Passwords in addresses of databases: hidden in everything that is written, asked for again when needed."""

import os
import re
from collections.abc import Mapping

from gnas.errors import ConfigError

VARIABLE = "GNAS_STORAGE"
"""The environment variable that may hold the whole address."""
STARS = "***"

_USER_INFO = re.compile(r"(://[^:/@\s]*):[^\s]*@")
_PARAMETER = re.compile(r"([?&]password=)[^&\s]*")


def hidden(text: str) -> str:
    """`text` with `***` in place of the password of every address in it."""
    return _PARAMETER.sub(rf"\1{STARS}", _USER_INFO.sub(rf"\1:{STARS}@", text))


def is_hidden(address: str) -> bool:
    """Whether the address lost its password when it was written."""
    return f":{STARS}@" in address or f"password={STARS}" in address


def revealed(address: str, environment: Mapping[str, str] | None = None) -> str:
    """The address with its password, which `GNAS_STORAGE` or, for PostgreSQL, `PGPASSWORD` may hold.

    Raises:
        ConfigError: it is hidden and nothing says it, or `GNAS_STORAGE` is another address.
    """
    if not is_hidden(address):
        return address
    known = os.environ if environment is None else environment
    whole = known.get(VARIABLE)
    if whole is not None:
        if hidden(whole) != address:
            raise ConfigError(f"{VARIABLE} is {hidden(whole)}, but the search is in {address}; set it to that address")
        return whole
    if address.startswith("postgresql") and known.get("PGPASSWORD"):
        return address.replace(f":{STARS}@", "@")  # the driver reads the variable itself
    raise ConfigError(
        f"search.storage {address} needs its password, which no file of a run keeps; give the whole address with "
        f"--storage, or in the environment variable {VARIABLE}"
    )
