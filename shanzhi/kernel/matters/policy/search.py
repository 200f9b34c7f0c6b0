"""What can be found of a text: the words of a dictionary, in one form for every way of typing them.

Of a text every word counts that stands anywhere in it, overlapping ones too (路灯不亮 holds 路灯 and 灯不亮: cut in one way
only, either would be lost); a question is cut once. Words that the dictionary lacks fall into single characters, in
both. Width and case don't count (Unicode NFKC and case folding).
"""

import re
import unicodedata

TOKENISER = 1
"""Raised whenever words come out differently: the nightly job then cuts the older ones anew."""
QUERY_MOST = 200
"""Characters of a question that are looked at; nobody types more into a search box by hand."""
WORDS_MOST = 16
WORD_MOST = QUERY_MOST
"""Characters of a word; a longer one is none (a link, a picture pasted as letters): nobody could ask for it, and PostgreSQL
refuses a question with one of more than 2,046 bytes."""
_MARKS = "，：；！？（）"
_WORD = re.compile(r"[^\W_]+")
# Too frequent to find anything by; left out of texts and questions alike.
_STOP = frozenset("的 了 和 是 就 都 而 及 与 着 或 在 也 很 又 被 把 吗 呢 吧 啊 the a an of".split())


def folded(text: str) -> str:
    """Half width, lower case; a null character is none."""
    return unicodedata.normalize("NFKC", text).casefold().replace("\x00", " ")


def words_of(*texts: str) -> list[str]:
    """The words by which texts are found, each once, sorted."""
    # Imported here and in query_of: its dictionary takes as long to load as half of everything else.
    import rjieba  # noqa: PLC0415

    text = "\n".join(texts)
    # No word holds them, and without them most texts are normal already: folding takes a quarter of the time.
    for mark in _MARKS:
        text = text.replace(mark, " ")
    text = folded(text)
    found = {*rjieba.cut_all(text), *rjieba.cut(text, False)}
    # `isalnum` holds for what `_WORD` matches, and takes a tenth of the time.
    return sorted([word for word in found if len(word) <= WORD_MOST and word.isalnum() and word not in _STOP])


def query_of(text: str) -> str:
    """What somebody typed, as a `tsquery` of PostgreSQL: all of its words; empty where there is none to find by.

    The last word may be unfinished (世纪花 finds 世纪花园), unless it is a number.
    """
    import rjieba  # noqa: PLC0415 - see words_of

    cut = [word for word in rjieba.cut(folded(text[:QUERY_MOST]), False) if _WORD.fullmatch(word)]
    words = list(dict.fromkeys(word for word in cut if word not in _STOP))[:WORDS_MOST]
    return " & ".join(f"'{word}':*" if word == cut[-1] and not word.isdigit() else f"'{word}'" for word in words)
