"""Find Chinese personal names where a text introduces them. No dictionary of persons: surnames, cues and boundaries.

Surnames: the commonest of the Ministry of Public Security's yearly name reports and the Hundred Family Surnames.
A cue is *strong* ("我叫", "姓名：") or *weak* ("本人", "我是", "投诉人"). After a weak cue a name must end at a boundary,
because "本人高度重视" and "我是万科业主" look the same at their beginning.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

# Without 西门 and 南门: in what residents write they are gates.
COMPOUND_SURNAMES = frozenset(
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 夏侯 诸葛 尉迟 皇甫 澹台 公冶 宗政 濮阳 淳于 单于 申屠 公孙 仲孙 轩辕 令狐 "
    "钟离 宇文 长孙 慕容 鲜于 闾丘 司徒 司空 赫连 呼延 第五 百里 东郭 拓跋 完颜 纳兰".split()
)

# Surnames; those that are everyday words too stand below once more.
_COMMON = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭林罗郑梁谢宋唐许韩冯邓曹彭肖田董袁潘蒋蔡余杜叶程苏魏吕丁沈姚卢姜崔钟谭陆汪范廖贾夏韦付"
    "邹孟熊秦邱尹薛闫阎段雷侯史陶黎贺顾郝龚邵覃武戴莫孔汤赖樊兰殷翟洪倪伍凌易柳岳詹欧耿聂齐鲁葛庞邢奚项祝左涂"
    "柯屈牟鲍霍甘尚舒俞游阮芦蓝柴裴蒲卜窦焦巩简饶佘褚娄骆冉靳瞿桂苗纪涂谌喻晏缪宁卞季苟栾冀邸晋温盛辛冷闵"
    "厉宫辜邬郎宗候符代党牛景解涂向曲柏戚仇穆祁费麦曾谈万文龙戴裘蔺滕郁娜佟敖卓池蓬郜屠阚颜詹寇兆湛艾储皮鞠隋"
    "匡沙楚岑仲芮蔚迟谷豆丛车巫糜鄢仝尤佀刁匡米揭邰粟臧冼黄麻宿占利巢桑扈邝卿帅雍"
)
# Surnames that are everyday words too: after a weak cue they need more than a boundary.
_RISKY = frozenset(
    "何高于任方金石白钱严毛江常安平时全成应路包原申房花管施明连古单车向万文解易米沙利代党游尚温冷盛宁左甘池豆麻占简景候史辛谈付封"
)
SURNAMES = _COMMON | _RISKY
_BEGINS = re.compile(f"[{''.join(sorted(_COMMON - _RISKY))}]")

# Beginnings of ordinary words that look like a surname and a given name.
_WORDS = re.compile(
    "孙[子女]|周[边围末一二三四五六日天期知转全年岁密折遭]|高[度层压速中三二一考铁校新空价达温峰级楼兴档额薪架效质龄危]|"
    "何[时处人况必以种等地谓德从]|于[是今此我法情去上本年]|任[何务意由性其职]|方[便面案法式向才能可]|"
    "曾[经多于在向被就去因是任有用]|金额|金融|金[色钱属地]|石[头油材]|白[天色白班]|严[重格厉查惩禁肃]|毛坯|毛病|"
    "江[边湖景]|常[常年见住务识]|安[全置装排静心居徽]|平[时台均方安常米房]|时[间候代光]|全[部家体额款年市国程面区镇村]|"
    "成[为立都功本员交年长]|应[该当届聘]|路[过面灯口人段边]|包[括含工装庇围]|原[来因告先本价则西东有]|申[请诉报办领]|"
    "房[子屋产东价主贷款改]|花[园费了钱近约]|管[理道网]|施工|明[明确显年知天]|连[续接同]|古[城镇]|单[位元独身亲]|"
    "车[位辆子库主站牌道]|向[上政贵相有市各领您他我社]|万[科元分一般达家]|文[化件明员]|解[决除释放]|易[于]|代[表理办]|"
    "党[员委中支]|游[客泳戏乐]|温[度州]|冷[水]|盛[世大]|宁[愿可]|左[右边转]|简[单直称]|景[区观]|史[上]|马[路上王桩]|"
    "黄[色昏金花兴线]|林[业地场木]|田[地间]|杨[梅树]|谢[谢绝]|许[多可]|陆[续军地]|程[度序]|齐[全心]|顾[客问不及]|"
    "孔[雀]|宋[朝]|雷[电锋达]|夏[天季]|秦[皇]|唐[朝人]|宫[殿]|符[合]|沙[子坪]|米[左]|宗[旨教]|商[业品场铺户]|"
    "付[款费出首清]|季[度节]|纪[委检念律]|项[目链]|牛[奶肉]|卓[越]|利[用益民]|宿[舍]|占[用地道据]|兰[州亭]|"
    "武[汉警术广]|洪[水]|温[馨泉]|莫[名非]|屈[服]|甘[肃]|尚[未]|蓝[天色]|汤[逊]|鲁[山]|楚[江雄仪]|费用|费[心]|"
    "余[额款下]|段[时]|罗[列]|范[围]|葛[洲]|梅[溪]|欧[洲美]|苏[宁]|王[府]|张[家公][村口]|李家|胡[同乱说作]|郑重|湛[江]|"
    "陈[述列设旧腐]|党政|麻[烦]|辛苦|辛勤|丛[书]|迟[迟到]|谷[山]|皮[肤]|颜[色]|景[德]|沈[阳]|代[为码]|候[车]|阳光"
)
_TITLES = re.compile(
    "某|先生|女士|小姐|老师|老板|主任|经理|书记|市长|县长|区长|局长|镇长|村长|校长|院长|厅长|部长|处长|科长|所长|队长|组长|会长|总|"
    "师傅|医生|大夫|护士|警官|律师|法官|教授|同志|同学|阿姨|大爷|大妈|妈妈|爸爸|奶奶|爷爷|叔|哥|姐|姓"
)
# A name's last character is seldom one of these; "湖南人", "张家村", "金茂府" end so.
_PLACE_ENDS = frozenset("人村镇县市区路街巷员户主厂店院校站局府司所处部科室队组桥湾城园苑庄里号栋楼网台们的了是")
_NEVER_GIVEN = frozenset("诈骗欠借偿是的在于从住系男女现电手身因及已被把对就我你他她了等说要某这那不没也都很将到去但")
_HANZI = "\u3400-\u9fff\U00020000-\U0003ffff"
# What may stand after a name that was introduced.
_ENDS = re.compile(rf"(?![{_HANZI}*·•])|电话|手机|身份证|联系|现年|今年|年龄|[男女系][^{_HANZI}*]|现住|家住|住[A-Z\d]")
# What people do or what is done to them: after a word for a person ("村民", "我姐") it ends a name as well as a comma does.
_GOES_ON = re.compile(
    "的(?!士)|在|与|和(?!谐)|因|作为|对(?!面)|向|将|以(?!及|上|下|后|前|来)|未|曾|已|也|等(?:人|三|四|五|六|七|八|九|十)|去世|身故|死亡|离婚|结婚|再婚|"
    "至今|扬言|见状|从未|动手|合伙|签[订字名]|状告|伪造|利用|声称|带领|殴打|打伤|承诺|拒绝|拖欠|欠|借|骗|强占|霸占|非法|私自|擅自|多次|现住|原住|于\\d|系|称|一家|夫妇|夫妻|父子|兄弟|名下|家[的门中里]"
)
# Two people who do something together, or somebody who does it for another: both ends are told.
_PAIR = re.compile(
    rf"[与和跟由以]([{_HANZI}]{{2,4}}?)(?=合伙|签订|登记结婚|协议离婚|为首|负责合伙|单方|伪造|的反诉|的委托|之间的|发生纠纷|借款)"
)
_PROVES = re.compile(r"[\s（(，,：:]{0,2}(?:联系)?(?:电话|手机|身份证|男|女(?!士)|现年|今年\d|年龄|1[3-9][\d*])")

_PERSON = [
    f"{who}人"
    for who in (
        "举报 投诉 反映 反应 申请 求助 申诉 信访 上访 来信 写信 来访 报案 报警 检举 控告 发信 建议 委托 上诉 陈述 请求 "
        "报告 申辩 被举报 被投诉 被反映 被申请 被检举 被控告 被上诉 具报 诉求 呈报 经办 受害 被害 当事 联系 联络 代理 承包 "
        "负责 法定代表 监护 留言 提问 咨询 发帖 发件 寄件"
    ).split()
]
_ROLE = (
    "法人代表 法人 原告 被告 户主 业主代表 业主 房主 车主 房东 老板 患者 病人 死者 伤者 家长 学生 学员 村民代表 村民 居民 "
    "民工代表 代表 签名 署名 落款 司机 教师 市民 职工 员工 群众 投诉者 举报者 股东 包工头 工头 董事长 总经理 置业顾问 教练 "
    "组长 村主任 村书记 村支书 队长 会长 农民 国家员 恶霸 村霸 党员 干部 书记员 焊工 工人 "
    "保安 邻居 同事 朋友 同学 亲戚 房客 租客 店主 站长 业务员 销售 经纪人 会计 出纳 组员 战友"
).split()
_KIN = (
    "老公 丈夫 妻子 老婆 爱人 儿子 女儿 孩子 小孩 父亲 母亲 爸爸 妈妈 我爸 我妈 孙子 孙女 弟弟 哥哥 姐姐 妹妹 外公 外婆 "
    "爷爷 奶奶"
).split()


_NEAR = (
    "我姐 我哥 我弟 我妹 我父亲 我母亲 我父 我母 我妻 我夫 我丈夫 我妻子 我老公 我老婆 我爱人 我儿子 我女儿 我儿 我女 "
    "我叔 我舅 我姑 我姨 我爷爷 我奶奶 "
    "其子 其妻 其夫 其女 其父 其母 之子 之妻 前夫 前妻 岳父 岳母 公公 婆婆 儿媳 女婿 侄子 外甥 表哥 表弟 堂哥 堂弟"
).split()


def _any(*words: str) -> str:
    """An alternation of plain words, longest first; `re` skips quickly to the characters that begin one."""
    return "|".join(sorted(words, key=len, reverse=True))


_OPEN = r"[\s“”\"「『‘'（(【]{0,2}"
_COLON = r"\s?[：:∶﹕]\s{0,2}"
_STRONG = ["我叫做", "我名", "我叫", "本人叫", "名叫", "名字叫做", "名字叫", "名字是", *(f"{kin}叫" for kin in _KIN)]
_LABELS = ["姓名", *_PERSON]
_WEAK = ["本人姓名", "本人", "我是", "姓名为", "姓名是", *_LABELS, *_ROLE, *_NEAR, *_KIN]
_ABOUT_PERSONS = frozenset({*_ROLE, *_NEAR, *_KIN, *_PERSON, "本人"})
_STRONG_CUE = re.compile(rf"(?:{_any(*_STRONG, *(f'{label}{_COLON}' for label in _LABELS))}){_OPEN}")
_TOLD_IN_PARTS = re.compile(rf"我姓([{_HANZI}]{{1,2}})[，, ]?(?:单?名叫?|叫)([{_HANZI}]{{1,2}})(?![{_HANZI}*])")
_WEAK_CUE = re.compile(rf"(?:{_any(*_WEAK)})(?:{_COLON}|\s{{0,2}}){_OPEN}")
# What a name often stands before: a labelled number, a phone, a sex, a form of address.
_NUMBER_CUE = re.compile(r"(?:电话|手机|身份证)(?:号码?)?[）)为是：:\s]{0,3}(?=[+＋\d*])")
_AFTER_CUE = re.compile(
    r"[（(，,]\s?[男女][，,、。；;）)]|1[3-9]\d[ .\-]?\*{4}|\*{7}|[（(：:，,\s]\*{7}|先生|女士|小姐"
)
_BETWEEN = "（(，,：: \t\u3000联系投诉手机电话的"
_DATE = r"(?:\d{4}|[二〇零○一九]{4})\s?[-年./—][\d\s年月日./:：一二三四五六七八九十-]{1,20}"
_SIGNED = re.compile(
    rf"(?:(?:^|[\n。！!？?；;…~～.：:]|敬上|此致|敬礼|谢谢|感谢|\d日|\d[-./]\d{{1,2}})\s{{0,4}}([{_HANZI}]{{2,4}})\s{{0,4}}({_DATE})?"
    rf"|(?:[\d，,]|上报|敬上)\s{{0,4}}([{_HANZI}]{{2,4}})\s{{0,4}}{_DATE})[\s。.]{{0,3}}$"
)
_ETHNIC = re.compile(rf"[{_HANZI}]{{1,6}}[·•][{_HANZI}]{{1,8}}")
_GATE = re.compile(_any(*_STRONG, *_WEAK, "我姓", "电话", "手机", "身份证"))
_BEFORE_NAME = frozenset("人长员理板者师官问民主生子女公婆友邻工户表是叫与和为找由")
# A name that comes again and again: three characters that begin with a surname, with something of a person around them.
_AGAIN_BEFORE = frozenset("与和跟被由让找对向给叫把为是因帮、，。；：“”（(！？!?,.; \n") | frozenset(
    "长任记员人主民板霸"
)
_AGAIN_LEAST = 2
_PLACE_ENDS_MORE = frozenset("湖山河江岛岭坡塘坪冲坳洲港桩树厦家贷泥")
_TAIL = 48
_BREAKS = " \t\n\u3000：:∶﹕“”\"「『‘'（(【"


def surname_length(name: str) -> int:
    """1 or 2 characters of surname at the beginning of `name`, 0 where there is none that we know."""
    if name[:2] in COMPOUND_SURNAMES:
        return 2
    return 1 if name[:1] in SURNAMES else 0


def find_names(text: str) -> Iterator[tuple[int, int, int]]:
    """Names that the text introduces, wherever they stand in it: start, end, length of the surname (which stays
    readable). May overlap.

    Linear: every pattern is bounded, and each cue looks at a few characters around itself only.
    """
    found = list(_find_introduced(text))
    found += _find_repeated(text)
    yield from found
    if found:
        names = {text[start:end]: surname for start, end, surname in found}
        # A name told in parts ("我姓张，叫建国") has no form in which it could come again.
        yield from _find_again(text, {name for name, surname in names.items() if surname == surname_length(name)})


def _find_again(text: str, names: set[str]) -> Iterator[tuple[int, int, int]]:
    """The same names elsewhere in the text, where nothing introduces them any more."""
    by_first: dict[str, set[str]] = {}
    for name in names:
        if not _WORDS.match(name):
            by_first.setdefault(name[0], set()).add(name)
    sizes = sorted({len(name) for name in names}, reverse=True)
    for start, char in enumerate(text):
        if char in by_first:
            for size in sizes:
                name = text[start : start + size]
                if name in by_first[char]:
                    yield start, start + len(name), surname_length(name)
                    break


def _find_repeated(text: str) -> Iterator[tuple[int, int, int]]:
    """Whom a text keeps naming without introducing them: told twice or more, each time before another character, at least
    once after a word or a mark that people stand after, and no word of the dictionary."""
    seen: dict[str, list[int]] = {}
    for found in _BEGINS.finditer(text, 0, len(text) - 2):
        start = found.start()
        seen.setdefault(text[start : start + 3], []).append(start)
    for name, starts in seen.items():
        if len(starts) >= _AGAIN_LEAST and _is_told_of(text, name, starts):
            for start in starts:
                yield start, start + 3, 1


def _is_told_of(text: str, name: str, starts: list[int]) -> bool:
    if not _is_given(name, 1, 3) or name[2] in _PLACE_ENDS or name[2] in _PLACE_ENDS_MORE:
        return False
    if _WORDS.match(name) or _TITLES.match(name, 1) or not _is_no_word(name):
        return False
    after = {text[start + 3 : start + 4] for start in starts}
    return len(after) == len(starts) and any(text[start - 1 : start] in _AGAIN_BEFORE for start in starts if start)


@lru_cache(maxsize=4096)
def _is_no_word(name: str) -> bool:
    """Does the dictionary know no word in it? Ordinary words repeat more often than people do."""
    # Imported here: its dictionary takes as long to load as half of everything else, and few processes cut a text.
    import rjieba  # noqa: PLC0415

    return all(len(part) == 1 for part in rjieba.cut(name, False))


def _find_introduced(text: str) -> Iterator[tuple[int, int, int]]:
    if _GATE.search(text):
        for found in _TOLD_IN_PARTS.finditer(text):
            if found[1] in SURNAMES or found[1] in COMPOUND_SURNAMES:
                yield found.start(1), found.end(2), found.start(2) - found.start(1)
        for cue in _STRONG_CUE.finditer(text):
            yield from _read_list(text, cue.end(), strict=False)
        for cue in _WEAK_CUE.finditer(text):
            yield from _read_list(text, cue.end(), strict=True, told_of=cue[0].rstrip(_BREAKS) in _ABOUT_PERSONS)
        for cue in _NUMBER_CUE.finditer(text):
            yield from _read_back(text, cue.start())
    for cue in _AFTER_CUE.finditer(text):
        yield from _read_back(text, cue.start())
    yield from _read_pairs(text)
    yield from _read_signature(text)


def _read_list(text: str, start: int, *, strict: bool, told_of: bool = False) -> Iterator[tuple[int, int, int]]:
    """The name at `start` and those that follow it after "、"."""
    ethnic = None if strict else _ETHNIC.match(text, start)
    if ethnic:
        yield start, ethnic.end(), 1
        return
    end = _name_end(text, start, strict=strict) or (_told_end(text, start) if told_of else 0)
    while end:
        yield start, end, surname_length(text[start : start + 2])
        start = end + 1
        end = _name_end(text, start, strict=True) if text[end:start] == "、" else 0


def _name_end(text: str, start: int, *, strict: bool) -> int:
    """Where the name that begins at `start` ends; 0 where none begins. `strict` wants a boundary after it."""
    length = surname_length(text[start : start + 2])
    given = start + length
    if not length or _WORDS.match(text, start) or _TITLES.match(text, given):
        return 0
    ends = [end for end in (given + 2, given + 1) if _is_given(text, given, end)]
    for end in ends:
        if _ENDS.match(text, end) and not (strict and _is_doubtful(text, start, end)):
            return end
    return 0 if strict or not ends else ends[0]


def _told_end(text: str, start: int) -> int:
    """Where a name ends after which the text goes on ("村民黄建国在…"); 0 where none begins or it may be a word."""
    length = surname_length(text[start : start + 2])
    given = start + length
    if not length or text[start] in _RISKY or _WORDS.match(text, start) or _TITLES.match(text, given):
        return 0
    for end in (given + 2, given + 1):
        if _is_given(text, given, end) and text[end - 1] not in _PLACE_ENDS and _GOES_ON.match(text, end):
            return end
    return 0


def _read_pairs(text: str) -> Iterator[tuple[int, int, int]]:
    """Whom somebody did something with: "我与李建国合伙", "以王建国为首"."""
    for found in _PAIR.finditer(text):
        start, end = found.span(1)
        length = surname_length(text[start : start + 2])
        fits = length and end - start - length in (1, 2) and _is_given(text, start + length, end)
        if fits and text[start] not in _RISKY and not _is_word(text, start, end, length):
            yield start, end, length


def _is_given(text: str, start: int, end: int) -> bool:
    given = text[start:end]
    return len(given) == end - start and all(
        char not in _NEVER_GIVEN and ("\u3400" <= char <= "\u9fff" or char >= "\U00020000") for char in given
    )


def _is_doubtful(text: str, start: int, end: int) -> bool:
    """Does what looks like a name look just as much like a place or a phrase?"""
    if _PROVES.match(text, end):
        return False
    return text[start] in _RISKY or text[end - 1] in _PLACE_ENDS


def _read_back(text: str, end: int) -> Iterator[tuple[int, int, int]]:
    """The name that stands just before a cue at `end`, after a boundary or a word like "员"."""
    stop = max(end - 6, 0)
    while end > stop and text[end - 1] in _BETWEEN:
        end -= 1
    for start in (end - 4, end - 3, end - 2):
        if start < 0:
            continue
        length = surname_length(text[start : start + 2])
        if not length or not _is_given(text, start + length, end) or end - start - length > 2:
            continue
        before = text[start - 1 : start]
        alone = before != "*" and not _is_given(before or "：", 0, 1)
        if (alone or (before in _BEFORE_NAME and text[start] not in _RISKY)) and not _is_word(text, start, end, length):
            yield start, end, length
            return


def _read_signature(text: str) -> Iterator[tuple[int, int, int]]:
    """The name under a letter, before or after its date."""
    offset = max(len(text) - _TAIL, 0)
    found = _SIGNED.search(text, offset)
    if found:
        start, end = found.span(1 if found[1] else 3)
        length = surname_length(text[start : start + 2])
        fits = length and end - start - length in (1, 2) and _is_given(text, start + length, end)
        if fits and not _is_word(text, start, end, length) and (not found[1] or found[2] or text[start] not in _RISKY):
            yield start, end, length


def _is_word(text: str, start: int, end: int, length: int) -> bool:
    return bool(_WORDS.match(text, start) or _TITLES.match(text, start + length) or text[end - 1] in _PLACE_ENDS)
