"""What a supervisor's pages show: counts by region, unit, category and kind, and who gave back to whom."""

from shanzhi.modules.oversight.queries.ontime import OnTime, OnTimeLine, ontime
from shanzhi.modules.oversight.queries.overview import Figures, Line, Overview, overview
from shanzhi.modules.oversight.queries.posts import (
    PostLine,
    PostsPage,
    PostWork,
    UnitPosts,
    left_with_work,
    post_work,
    posts_page,
)
from shanzhi.modules.oversight.queries.returns import Bounced, BounceLine, bounced

__all__ = [
    "BounceLine",
    "Bounced",
    "Figures",
    "Line",
    "OnTime",
    "OnTimeLine",
    "Overview",
    "PostLine",
    "PostWork",
    "PostsPage",
    "UnitPosts",
    "bounced",
    "left_with_work",
    "ontime",
    "overview",
    "post_work",
    "posts_page",
]
