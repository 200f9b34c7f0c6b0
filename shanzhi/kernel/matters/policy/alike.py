"""Do two reports tell of one problem? By place, time and words; a person decides. Pure, nothing learnt, nobody compared.

What is compared are texts and places of matters, never who reported them. Words that stand in any report (问题, 小区, 解决)
say nothing; of the others a longer one says more, since it is rather a name. How much two texts share is measured by the
shorter one (the overlap coefficient), because one reporter writes a line where another writes a page.
"""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shanzhi.kernel.matters.policy.search import folded, words_of

LIKE_WITHIN = timedelta(days=30)
"""Between two reports that may be of one problem."""
LIKE_MOST = 5
"""So many are offered, the likeliest first."""
LEAST = 40
"""From so many points on a report is offered. Of 4,326 letters to a mayor, compared within whole districts, 386 pairs lay above
it; of 50 of them that were read, 47 told of one problem."""
TOPIC = 0.5
SHARED_LEAST, SHARED_FAR = 6, 18
"""A text of less weight counts as having so much: one word in common is chance; the more so in different communities."""
WORD_COUNTED = 4
COMMUNITY_DIGITS = 12
COMMUNITY, PLACE = 15, 20
_NUMBER = re.compile(r"[a-z0-9.]+")
_SAID = frozenset(
    "一下 一个 一个月 一些 一天 一定 一年 一样 一次 一直 一般 三天 三年 上午 上报 下午 不会 不到 不好 不得 不敢 不断 "
    "不是 不知 不管 不能 不要 不让 业主 两天 两年 严重 个人 个月 中午 为了 为什么 主任 主要 之前 之后 也是 书记 了解 "
    "事情 人员 人民 什么 今天 他们 以上 以及 任何 但是 作为 你们 你好 使用 例如 依据 依法 信访 做好 健康 允许 先生 "
    "全部 公司 公示 关于 关注 其中 其他 其它 具体 再次 凌晨 几天 几年 几次 出现 出行 分别 分钟 刚刚 利益 到底 制定 "
    "前面 办理 加强 努力 包括 十分 半个 半个月 单位 占用 原因 原来 去年 又是 反应 反映 发现 发生 受理 只是 只有 只能 "
    "可以 可能 合理 同时 同样 名称 后来 向上 告知 员工 周围 周边 哪里 回复 回答 因为 因此 困难 地方 城市 基本 处理 "
    "多天 多年 多次 夜里 大家 天天 太大 女士 好像 好几 好几天 如今 如何 如果 妥善 存在 孩子 安全 安全隐患 完全 实在 "
    "实际 家人 家里 家长 对于 对此 导致 尊敬 小区 小孩 小时 小时候 就是 局长 居住 居民 属于 工作 工作人员 已经 市政 "
    "市民 市长 希望 帮助 常常 年前 并且 广大 应该 建议 建设 开始 影响 很多 得到 必须 快点 怎么 怎么办 怎样 总是 恳请 "
    "您好 情况 意见 感谢 我们 我家 或者 房子 所以 所有 手机 打电话 抓紧 投诉 拒绝 拖延 持续 按照 损失 支持 收到 政府 "
    "政策 敬请 整改 整治 新闻 方便 方式 方面 无人 无法 日常 早上 时候 时间 明确 昨天 是否 晚上 更是 曾经 最后 最近 "
    "月份 有人 有关 有关部门 有的 有限 有限公司 服务 期间 本人 权益 来信 来电 来电人 极大 查处 查看 根据 根本 正在 "
    "正常 此事 每天 每年 每次 比较 民生 没人 没有 法律 法规 清楚 清理 温馨 特别 现在 现场 现如今 现象 生命 生活 电话 "
    "白天 百姓 百姓生活 目前 直到 直接 相关 相关部门 真的 知道 研究 确认 社会 社区 禁止 福利 积极 究竟 立刻 立即 等等 "
    "管理 管理局 精神 经常 经过 维护 维权 编辑 群众 老人 老百姓 而且 联系 自从 自己 至今 行为 街道 街道办 衷心 要求 "
    "规划 规定 规范 解决 解答 解释 认为 认真 设施 诉求 话说 该小区 详细 说明 说法 请求 请问 谁来 谢谢 负责 责任 起来 "
    "超过 身体 车辆 过去 过程 还是 还有 这个 这些 这样 这种 这里 进入 进行 违反 通知 通过 造成 那么 部分 部门 都是 "
    "采取 里面 重新 重视 长期 问题 附近 限期 随时 隐患 需要 非常 面前 项目 顺利 领导 领导小组 马上 麻烦".split()
)


@dataclass(frozen=True, slots=True)
class Report:
    """What is compared of a matter: its telling words with their weights (`telling`), its likely category (empty: none), the
    place (场所) it was reported about (None: none), community and grid as its code, when it was reported."""

    id: int
    words: Mapping[str, float]
    category: str
    place_id: int | None
    code: str
    reported_at: datetime


def telling(*texts: str, topics: Container[str] = ()) -> dict[str, float]:
    """The words that tell one problem from another, each with its weight: two characters and more, no numbers, none of those
    that stand anywhere; names that no dictionary has, too (of 丽发新城 both 丽发 and 新城).

    A word of `topics`, by which the rule book knows a category, weighs half: it says what it is about, not which one it is.
    """
    # Imported here: its dictionary takes as long to load as half of everything else.
    import rjieba  # noqa: PLC0415

    text = folded("\n".join(texts))
    words = {*words_of(text), *rjieba.cut(text, True)}
    told = (w for w in words if len(w) > 1 and w not in _SAID and w.isalnum() and not _NUMBER.fullmatch(w))
    return {word: (min(len(word), WORD_COUNTED) - 1) * (TOPIC if word in topics else 1) for word in told}


def likeness(one: Report, other: Report) -> int:
    """How likely the two tell of one problem, in points from 0 to 100; 0 for what lies too far apart in time.

    Up to 60 for the words they share, 20 for the same category, 20 for the same place, else 15 for the same community.
    """
    if abs(one.reported_at - other.reported_at) > LIKE_WITHIN:
        return 0
    is_there = one.place_id is not None and one.place_id == other.place_id
    is_near = is_there or one.code[:COMMUNITY_DIGITS] == other.code[:COMMUNITY_DIGITS]
    points = round(60 * _shared(one.words, other.words, SHARED_LEAST if is_near else SHARED_FAR))
    if not points and not is_there:
        return 0
    points += 20 if one.category and one.category == other.category else 0
    return points + (PLACE if is_there else COMMUNITY if is_near else 0)


def _shared(one: Mapping[str, float], other: Mapping[str, float], least: float) -> float:
    """The share of the shorter text's weight that both have, from 0 to 1; a text of less than `least` counts as that."""
    shared = sum(one[word] for word in one.keys() & other.keys())
    return shared / max(min(sum(one.values()), sum(other.values())), least)


def likest(of: Report, others: Iterable[Report]) -> list[int]:
    """The ids of those that likely tell of the same problem, the likeliest first, of equals the newer."""
    found = [(likeness(of, other), other.reported_at, other.id) for other in others if other.id != of.id]
    return [pk for points, _, pk in sorted(found, reverse=True) if points >= LEAST][:LIKE_MOST]
