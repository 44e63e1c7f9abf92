"""Who sees what, after dbt has built it and after it has built it again."""

from uuid import UUID

import psycopg
import pytest

from tests.dbt.bronze import user
from tests.dbt.command import run_dbt
from tests.support.platform import Platform

USER_RELATIONS = (
    *("int_published_portfolios", "int_published_trades", "int_published_positions", "int_published_dividends"),
    *("int_published_closing_prices", "int_daily_holdings", "int_holding_values", "fct_daily_returns"),
    *("gold_p_timeseries", "gold_benchmark_returns", "gold_performance_windows", "gold__performance"),
    *("gold_ticker_kpis", "gold_regime_performance", "gold_ticker_regime_performance", "gold_ticker_timeseries"),
)


WITHOUT_REGIMES = {"gold_regime_performance", "gold_ticker_regime_performance"}  # no story lives through one


def users_seen(platform: Platform, relation: str, as_user: UUID | None) -> set[UUID]:
    with platform.connect("macrofolio_reader") as connection:
        if as_user is not None:
            connection.execute("select set_config('app.user_id', %s, true)", [str(as_user)])
        return {row[0] for row in connection.execute(f'select distinct user_id from "default".{relation}')}


def fingerprints(platform: Platform) -> list[tuple[str, str]]:
    query = """
        select user_id::text, md5(string_agg(days::text, '' order by as_of_date))
        from "default".gold_p_timeseries as days group by user_id order by user_id
    """
    with platform.connect("macrofolio_dbt") as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def before(warehouse: Platform) -> list[tuple[str, str]]:
    return fingerprints(warehouse)


@pytest.fixture(scope="module")
def rebuilt(warehouse: Platform, before: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The same marts after an ordinary second run."""
    run_dbt(warehouse, tmp_path_factory.mktemp("dbt"), "run")
    return warehouse


def test_a_second_run_leaves_the_same_rows(rebuilt: Platform, before: list[tuple[str, str]]) -> None:
    assert fingerprints(rebuilt) == before


@pytest.mark.threat(10)
@pytest.mark.parametrize("relation", USER_RELATIONS)
def test_the_api_sees_one_user_at_a_time(rebuilt: Platform, relation: str) -> None:
    # The random ledgers' users live through no macro regime, but hold positions; dividends have users of their own.
    story = "dividend DIVI"

    seen = users_seen(rebuilt, relation, user(story))

    assert seen <= {user(story)}
    assert seen or relation.endswith("regime_performance")
    assert users_seen(rebuilt, relation, None) == set()


def test_the_api_cannot_write_to_marts(rebuilt: Platform) -> None:
    with rebuilt.connect("macrofolio_reader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute('delete from "default".gold_p_timeseries')


@pytest.mark.parametrize("relation", ["dim_assets", "fct_macro_regimes", "gold_macro_context", "int_daily_prices"])
def test_the_api_reads_what_belongs_to_nobody(rebuilt: Platform, relation: str) -> None:
    with rebuilt.connect("macrofolio_reader") as connection:
        assert connection.execute(f'select count(*) >= 0 from "default".{relation}').fetchone() == (True,)


def test_what_the_api_does_not_read_it_may_not_read(rebuilt: Platform) -> None:
    with rebuilt.connect("macrofolio_reader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute('select from "default".int_macro_levels')


@pytest.fixture(scope="module")
def made_anew(rebuilt: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The same marts, each dropped and created again."""
    run_dbt(rebuilt, tmp_path_factory.mktemp("dbt"), "run", "--full-refresh")
    return rebuilt


@pytest.mark.threat(10)
def test_no_relation_that_was_made_anew_shows_the_api_another_user(made_anew: Platform) -> None:
    query = """
        select relname, has_table_privilege('macrofolio_reader', oid, 'select')
        from pg_class
        where relnamespace = '"default"'::regnamespace and relkind in ('r', 'v', 'm', 'p')
            and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'user_id')
    """
    with made_anew.connect("postgres") as connection:
        readable = dict(connection.execute(query).fetchall())

    seen = {name: users_seen(made_anew, name, user("dividend DIVI")) for name in readable if readable[name]}

    assert {name for name, users in seen.items() if not users <= {user("dividend DIVI")}} == set()
    assert {name for name in seen if users_seen(made_anew, name, None)} == set()
    assert set(seen) >= set(USER_RELATIONS)
    assert len(readable) > len(seen)  # what the API does not read it may not read
    assert {name for name, users in seen.items() if users} >= set(USER_RELATIONS) - WITHOUT_REGIMES


def test_every_table_with_rows_of_users_forces_row_security(made_anew: Platform) -> None:
    query = """
        select tables.oid::regclass::text from pg_class as tables
        inner join pg_attribute as columns on tables.oid = columns.attrelid and columns.attname = 'user_id'
        where tables.relkind = 'r' and tables.relnamespace in ('bronze'::regnamespace, '"default"'::regnamespace)
            and not (tables.relrowsecurity and tables.relforcerowsecurity)
    """
    with made_anew.connect("postgres") as connection:
        assert connection.execute(query).fetchall() == []


def test_every_model_can_be_read_in_parallel(rebuilt: Platform) -> None:
    """A table made of a mart, or a large answer, is planned in parallel."""
    with rebuilt.connect("macrofolio_dbt") as connection:
        connection.execute("set debug_parallel_query = on")
        relations = connection.execute(
            "select relname from pg_class where relnamespace = '\"default\"'::regnamespace and relkind in ('r', 'v')"
        ).fetchall()
        for (relation,) in relations:
            connection.execute(f'create temporary table copied on commit drop as select * from "default".{relation}')
            connection.execute("drop table copied")
    assert relations
