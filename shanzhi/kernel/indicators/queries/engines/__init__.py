"""Where formulas run: DuckDB on one machine, PostgreSQL on the live tables, Spark on many machines; the same integers."""

from shanzhi.kernel.indicators.queries.engines.base import Engine, EngineUnusable, Row, TookTooLong, TooLargeNumber
from shanzhi.kernel.indicators.queries.engines.duck import DuckEngine
from shanzhi.kernel.indicators.queries.engines.postgres import PostgresEngine

__all__ = ["DuckEngine", "Engine", "EngineUnusable", "PostgresEngine", "Row", "TooLargeNumber", "TookTooLong"]
