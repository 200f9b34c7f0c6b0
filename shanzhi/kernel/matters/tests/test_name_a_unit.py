"""A unit is named by its number, or by the digits that a form sends: what could be read as a number is none."""

import pytest

from shanzhi.kernel.matters.policy.process import FieldsWrong
from tests.city import Cast
from tests.desks import do, in_hand, refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "wrong", [True, 1.0, "+1", "-1", " 1", "１", "1_0", "1e3", "9" * 30, -1, 10**30, [1], {"1": 1}]
)
def test_what_isn_t_a_number_names_no_unit(cast: Cast, wrong: object):
    made = in_hand(cast)
    refused(FieldsWrong, "请从列表里选单位", cast.dispatcher, made, "transfer", lead=wrong)
    refused(FieldsWrong, "请从列表里选单位", cast.handler, made, "involve", co=[wrong], words="请配合")
    refused(FieldsWrong, "请从列表里选单位", cast.handler, made, "reply", reply="办好了", include=[wrong])


def test_digits_name_one_and_a_text_isn_t_a_list(cast: Cast):
    made = in_hand(cast)
    refused(FieldsWrong, "请从列表里选", cast.handler, made, "involve", co="12", words="请配合")
    assert do(cast.dispatcher, made, "transfer", lead=str(cast.second_handler.unit_id)).stage == "dispatched"
