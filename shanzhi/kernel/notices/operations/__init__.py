"""Writing the outbox, telling its events, writing notices; planning what goes out by the gateways, and sending it."""

from shanzhi.kernel.notices.operations.keeping import (
    BadAddress,
    NewSubscription,
    NoSuchSubscription,
    address_set,
    channel_retry,
    delivery_retry,
    preferences_set,
    sms_test,
    subscription_add,
    subscription_end,
    subscription_rotate,
    test_ask,
)
from shanzhi.kernel.notices.operations.outbox import BATCH, emit, emit_many, job_soon, tell_next
from shanzhi.kernel.notices.operations.planning import (
    Outward,
    ToReporter,
    deliveries_forget,
    digest_due,
    outward_plan,
    reporters_plan,
)
from shanzhi.kernel.notices.operations.sending import deliver_due, send_once
from shanzhi.kernel.notices.operations.writing import NewNotice, notices_mark_read, notices_reword, notices_write
from shanzhi.kernel.notices.sms import SmsFailed, SmsOff, SmsSent, is_sms_offered, send_sms

__all__ = [
    "BATCH",
    "BadAddress",
    "NewNotice",
    "NewSubscription",
    "NoSuchSubscription",
    "Outward",
    "SmsFailed",
    "SmsOff",
    "SmsSent",
    "ToReporter",
    "address_set",
    "channel_retry",
    "deliver_due",
    "deliveries_forget",
    "delivery_retry",
    "digest_due",
    "emit",
    "emit_many",
    "is_sms_offered",
    "job_soon",
    "notices_mark_read",
    "notices_reword",
    "notices_write",
    "outward_plan",
    "preferences_set",
    "reporters_plan",
    "send_once",
    "send_sms",
    "sms_test",
    "subscription_add",
    "subscription_end",
    "subscription_rotate",
    "tell_next",
    "test_ask",
]
