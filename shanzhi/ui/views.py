"""The two pages of the kit itself: the theme switch that works without script, and the style guide."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from shanzhi.ui.styleguide import styleguide_context

THEMES = ("light", "dark")
THEME_COOKIE = "theme"
_YEAR = 365 * 24 * 3_600


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme (light, dark; anything else follows the system) in a cookie and go back to `next`."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        # Not HttpOnly: the script switches the theme in place and writes the same cookie.
        response.set_cookie(THEME_COOKIE, theme, max_age=_YEAR, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component with example data; no data of the city."""
    return render(request, "ui/styleguide.html", styleguide_context(request.GET))
