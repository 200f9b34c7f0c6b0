"""Addresses of an assessment: the city's and those of the levels above, each in its own list."""

from shanzhi.modules.assessment.web.city_urls import CITY
from shanzhi.modules.assessment.web.upper_urls import UPPER

PREFIX = "assessment/"
app_name = "assessment"
urlpatterns = [*CITY, *UPPER]
