"""An upgrade past the renaming of stored models: rows, grants and the views above them go with the tables."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config

from tests.conftest import ROOT
from tests.support.databases import Databases
from tests.support.platform import Platform

ALEMBIC = Config(ROOT / "migrations" / "alembic.ini")
BUILT = """
create table "default".stg_raw_prices as select 'VTI' as ticker, 100 as close;
create table "default".stg_corporate_actions as select 'VTI' as ticker, 2 as split_factor;
grant select on "default".stg_raw_prices to macrofolio_api;
create view "default".above as select ticker, close from "default".stg_raw_prices;
grant select on "default".above to macrofolio_api;
insert into bronze.built_models values ('stg_raw_prices', 'old', 'dress');
insert into bronze.pending_changes (model, ticker, from_date) values ('stg_raw_prices', 'VTI', '2024-01-02');
"""
# As the build after the upgrade makes them.
VIEWS_OF_STAGING = """
create view "default".stg_raw_prices as select ticker from bronze.raw_prices;
create view "default".stg_corporate_actions as select ticker from bronze.raw_corporate_actions;
insert into bronze.built_models values ('stg_raw_prices', 'view', 'dress');
"""
PRICE_AND_SPLIT = """
insert into bronze.raw_prices (ticker, price_date, close, price_basis, source)
values ('VEA', '2024-01-02', 1, 'as_traded', 'test');
insert into bronze.raw_corporate_actions (ticker, ex_date, action, value, price_basis, source)
values ('VXF', '2024-01-02', 'split', 2, 'as_traded', 'test');
"""
PENDING = "select model, ticker from bronze.pending_changes order by ticker, model"


@pytest.fixture
def before(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    platform = databases.new("renamed")
    for name, value in platform.environment.items():
        monkeypatch.setenv(name, value)
    command.downgrade(ALEMBIC, "0011")
    with platform.connect("macrofolio_dbt") as connection:
        connection.execute(BUILT)
    yield platform
    databases.drop(platform)


def test_renamed_models_keep_rows_readers_and_what_is_pending_there_and_back(before: Platform) -> None:
    command.upgrade(ALEMBIC, "0012")
    with before.connect("postgres") as connection:
        connection.execute(PRICE_AND_SPLIT)
        pending = connection.execute(PENDING).fetchall()
        fingerprints = connection.execute("select relation, fingerprint from bronze.built_models").fetchall()
    with before.connect("macrofolio_api") as connection:
        rows = connection.execute('select ticker, close from "default".int_daily_prices').fetchall()
        above = connection.execute('select ticker, close from "default".above').fetchall()
    with before.connect("macrofolio_dbt") as connection:
        connection.execute(VIEWS_OF_STAGING)
    command.downgrade(ALEMBIC, "0011")
    with before.connect("macrofolio_api") as connection:
        back = connection.execute('select ticker, close from "default".stg_raw_prices').fetchall()

    assert rows == above == back == [("VTI", 100)]
    assert fingerprints == [("int_daily_prices", "old")]
    assert pending == [
        ("int_daily_prices", "VEA"),
        ("int_daily_prices", "VTI"),
        ("int_corporate_actions", "VXF"),
        ("int_daily_prices", "VXF"),
    ]
