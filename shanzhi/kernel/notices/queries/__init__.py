"""Reading notices, how far behind the outbox is, how what goes out is doing, and where it goes."""

from shanzhi.kernel.notices.operations.keeping import check_city_keeper, check_keeper
from shanzhi.kernel.notices.operations.planning import notice_book
from shanzhi.kernel.notices.queries.going_out import (
    AddressRow,
    ChannelRow,
    DeliveryRow,
    PreferenceRow,
    SubscriptionRow,
    addresses_page,
    channels,
    count_failing,
    deliveries_backlog,
    deliveries_listed,
    may_change_channels,
    preferences_of,
    subscription,
    subscription_secret,
    subscriptions,
)
from shanzhi.kernel.notices.queries.read import (
    COUNT_CAP,
    PAGE,
    NoticeRow,
    count_unread,
    notices_for,
    outbox_backlog,
)

__all__ = [
    "COUNT_CAP",
    "PAGE",
    "AddressRow",
    "ChannelRow",
    "DeliveryRow",
    "NoticeRow",
    "PreferenceRow",
    "SubscriptionRow",
    "addresses_page",
    "channels",
    "check_city_keeper",
    "check_keeper",
    "count_failing",
    "count_unread",
    "deliveries_backlog",
    "deliveries_listed",
    "may_change_channels",
    "notice_book",
    "notices_for",
    "outbox_backlog",
    "preferences_of",
    "subscription",
    "subscription_secret",
    "subscriptions",
]
