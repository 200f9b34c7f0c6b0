"""All addresses, put together from the slices; a module's are there while its folder is."""

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from shanzhi.config import views
from shanzhi.config.api import api
from shanzhi.config.edge import weakness
from shanzhi.config.observe import health, metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.page, name="metrics"),
    path(".well-known/security.txt", weakness.security_txt, name="security_txt"),
    path("start/", views.start, name="start"),
    path("language/", require_POST(set_language), name="set_language"),
    path("accounts/", include("shanzhi.kernel.access.web.account_urls")),
    path("ui/", include("shanzhi.ui.urls")),
    path("api/v1/", api.urls),
]
for slice_name in [
    *(f"shanzhi.kernel.{name}" for name in settings.KERNEL),
    *(f"shanzhi.modules.{name}" for name in settings.MODULES),
]:
    if find_spec(f"{slice_name}.web") and find_spec(f"{slice_name}.web.urls"):
        urls = import_module(f"{slice_name}.web.urls")
        urlpatterns.append(path(getattr(urls, "PREFIX", ""), include((urls.urlpatterns, urls.app_name))))

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.missing
handler500 = views.broken
