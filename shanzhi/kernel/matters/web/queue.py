"""The list on the left of a desk: its state is in the address, so that a link, a reload and the way back keep it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import QueryDict
from django.urls import reverse

from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters.queries import MatterPage
from shanzhi.kernel.matters.web.desk import Line, lines
from shanzhi.ui.components import Pager


def state_of(request: ActingRequest) -> QueryDict:
    """The state of the list beside which a posted form stood."""
    return QueryDict(urlsplit(request.POST.get("page", "")).query)


@dataclass(frozen=True, slots=True)
class Queue:
    """A desk's list: the name of its page, of the page with one matter open, and which parameters are its state."""

    list_name: str
    matter_name: str
    names: tuple[str, ...]

    def url(self, path: str, state: QueryDict, **changed: str) -> str:
        """An address that keeps the state of the list, with some of it changed."""
        query = QueryDict(mutable=True)
        for name in self.names:
            value = changed.get(name, state.get(name, ""))
            if value:
                query[name] = value
        return f"{path}?{query.urlencode()}" if query else path

    def list_url(self, state: QueryDict, **changed: str) -> str:
        """The list itself."""
        return self.url(reverse(self.list_name), state, **changed)

    def matter_url(self, number: str, state: QueryDict) -> str:
        """One matter beside the list."""
        return self.url(reverse(self.matter_name, args=[number]), state)

    def lines(self, page: MatterPage, state: QueryDict, current: int | None) -> tuple[Line, ...]:
        """The page's rows for `matters/_rows.html`."""
        return lines(page.rows, lambda row: self.matter_url(row.number, state), current)

    def pager(self, page: MatterPage, state: QueryDict) -> Pager:
        """The pager below the list."""
        return Pager(
            previous_url=self.list_url(state, after="") if state.get("after") else "",
            next_url=self.list_url(state, after=page.next_after) if page.next_after else "",
            count=page.total + page.total_capped,
        )
