"""Read one rule-book file and say clearly what is wrong with it."""

import re
import tomllib
from typing import Any

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg

_POSITION = re.compile(r"at line (\d+), column (\d+)")


class RuleBookError(InputError):
    """A rule-book file can't be read; nothing was taken over."""

    code = "rule-book"


def read_toml(source: bytes, where: str) -> dict[str, Any]:
    """The tables of a TOML file; `where` names it in errors.

    Raises:
        RuleBookError: not UTF-8, or not TOML; names the line.
    """
    try:
        return tomllib.loads(source.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise RuleBookError(
            msg("%(where)s 不是 UTF-8 文本（第 %(byte)s 字节处读不懂）。请另存为 UTF-8 后再试。"),
            where=where,
            byte=error.start,
        ) from error
    except tomllib.TOMLDecodeError as error:
        found = _POSITION.search(str(error))
        line = found.group(1) if found else "?"
        raise RuleBookError(
            msg("%(where)s 第 %(line)s 行写法有误：%(reason)s。请按 TOML 格式改正。"),
            where=where,
            line=line,
            reason=error,
        ) from error
