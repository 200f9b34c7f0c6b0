"""Whose records the vault keeps: the slice that owns a kind of subject tells what the vault can't know."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date

from shanzhi.kernel.journal.policy import Subject


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """What the owner of a kind of subject (a matter) answers to the vault, always in the caller's transaction.

    `term_ends`: of these subjects those that have ended, each with the day until which its records are kept; a subject
    that is missing is still open, and nothing of it expires.
    `lock`: locks those of these subjects that nobody else holds, and says which; the others are left for the next time.
    `entries`: gives each of these subjects its next step in the journal (and waits for whoever holds it).
    `forget`: removes the salts of the commitments to these parts of a subject. A commitment whose salt is known can be
    guessed where the text is short (a phone has eleven digits); without the salt it tells nothing.
    `find`: the subject's id by the number that people know it by.
    `belongs`: of these subjects those that are part of another one, with its id: a hold over that one holds them too.
    """

    code: str
    term_ends: Callable[[Collection[int]], Mapping[int, date]]
    lock: Callable[[Collection[int]], frozenset[int]]
    entries: Callable[[Collection[int]], Mapping[int, Subject]]
    forget: Callable[[int, Collection[str]], None]
    find: Callable[[str], int | None]
    belongs: Callable[[Collection[int]], Mapping[int, int]]


_kinds: dict[str, SubjectKind] = {}


def offer_subject(kind: SubjectKind) -> None:
    """A slice tells the vault about a kind of subject that it owns; a second offer replaces the first."""
    _kinds[kind.code] = kind


def subject_kind(code: str) -> SubjectKind | None:
    """The kind of subject under a code; None where no slice has told of it (then nothing of it is ever purged)."""
    return _kinds.get(code)


def subject_kinds() -> tuple[SubjectKind, ...]:
    """Every kind that the vault was told of."""
    return tuple(_kinds.values())
