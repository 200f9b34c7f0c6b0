"""The list on the left of a desk: its state is in the address, so that a link, a reload and the way back keep it."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import FileResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext

from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.clock.policy import Light
from shanzhi.kernel.matters.queries import ListFilter, MatterPage
from shanzhi.kernel.matters.web.desk import Line, lines
from shanzhi.kernel.matters.web.sheet import Listing, file_links, send_list
from shanzhi.ui.components import Pager

WHERE = ("after", "before")
"""The parameters that say where in the list a page stands."""
COLUMNS = ("title", "number", "region", "stage", "light", "due", "reopened")
"""What a desk's list shows of each matter, and so all that its file holds, whatever columns an address asks for."""


def state_of(request: ActingRequest) -> QueryDict:
    """The state of the list beside which a posted form stood."""
    return QueryDict(urlsplit(request.POST.get("page", "")).query)


@dataclass(frozen=True, slots=True)
class Queue:
    """A desk's list: the names of its page, of the page with one matter open and of its file, and which parameters are
    its conditions."""

    list_name: str
    matter_name: str
    file_name: str
    names: tuple[str, ...]

    def url(self, path: str, state: QueryDict, **changed: str) -> str:
        """An address that keeps the state of the list, with some of it changed."""
        query = QueryDict(mutable=True)
        for name in (*self.names, *WHERE):
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
            previous_url=self.list_url(state, after="", before=page.previous_before) if page.previous_before else "",
            next_url=self.list_url(state, after=page.next_after, before="") if page.next_after else "",
            count=page.total + page.total_capped,
        )

    def files(self, page: MatterPage, state: QueryDict) -> list[tuple[str, str]]:
        """Label and address of the list as a file, for `matters/_files.html`; none for a list that shows nothing."""
        kept = [(name, value) for name in self.names if (value := str(state.get(name, "")))]
        return file_links(reverse(self.file_name), kept) if page.rows else []

    def send(self, request: ActingRequest, wanted: ListFilter, name: str, meaning: str) -> FileResponse:
        """The whole list as a file; `name` and `meaning` say what list it is (message ids).

        Raises:
            InputError: no such format.
            ListTooLong: more lines than one person takes along.
        """
        return send_list(request, Listing(self.list_name, name, meaning), wanted, _told(wanted), list(COLUMNS))


def _told(wanted: ListFilter) -> Sequence[tuple[str, str]]:
    """The conditions that somebody at a desk can set, in words."""
    light = Light(wanted.light).label if wanted.light in set(Light) else ""
    lines = ((msg("时限"), gettext(light) if light else ""), (msg("编号、标题或地点"), wanted.words))
    return [(gettext(label), value) for label, value in lines if value]
