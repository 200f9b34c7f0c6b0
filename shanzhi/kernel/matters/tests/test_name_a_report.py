"""A report without a title gets one out of its first sentence, and none that shows half a number."""

import pytest

from shanzhi.kernel.matters.policy.report import TITLE_FROM_BODY, title_of


@pytest.mark.parametrize(
    "body, title",
    [
        ("电梯坏了三天。老人上不了楼。", "电梯坏了三天"),
        ("楼道灯坏了", "楼道灯坏了"),
        ("世纪花园小区五号楼外墙掉砖差点砸到人，请物业尽快来处理", "世纪花园小区五号楼外墙掉砖差点砸到人，请物业尽…"),
        ("世纪花园五号楼外墙掉砖，电话13812345678，请联系我", "世纪花园五号楼外墙掉砖，电话…"),
        ("世纪花园五号楼外墙掉砖找我微信zhang_wei-88谢谢了", "世纪花园五号楼外墙掉砖找我微信…"),
    ],
)
def test_it_makes_a_title(body, title):
    assert title_of(body) == title
    assert len(title) <= TITLE_FROM_BODY
