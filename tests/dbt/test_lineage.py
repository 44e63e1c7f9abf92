"""What the dbt project says of itself: a word on everything, layers that read downwards."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from dbt_common.clients.jinja import get_environment
from jinja2 import nodes

from tests.conftest import ROOT
from tests.dbt.command import PROJECT, parsed_project, variables
from tests.support.platform import Platform

# What a layer may read. Only staging knows where data comes from.
READS = {
    "staging": {"source", "seed"},
    "intermediate": {"staging", "intermediate", "seed"},
    "marts": {"staging", "intermediate", "marts", "seed"},
}


@pytest.fixture(scope="module")
def project(warehouse: Platform) -> Any:
    return parsed_project(warehouse.database)


def ours(project: Any, *kinds: str) -> list[Any]:
    """Models, seeds, tests and sources of the project that are of one of `kinds`."""
    everything = [*project.nodes.values(), *project.sources.values(), *project.unit_tests.values()]
    return [node for node in everything if node.resource_type in kinds and node.package_name == "macrofolio"]


def layer(node: Any) -> str:
    return str(node.fqn[1]) if node.resource_type == "model" else str(node.resource_type)


def is_gold(node: Any) -> bool:
    """A mart for one screen, above the facts and dimensions."""
    return bool(node.name.startswith("gold_"))


def what_reads_against_the_flow(project: Any) -> list[str]:
    everything = project.nodes | project.sources
    return [
        f"{model.name} ({layer(model)}) reads {read.name} ({layer(read)})"
        for model in ours(project, "model")
        for read in map(everything.get, model.depends_on.nodes)
        if layer(read) not in READS[layer(model)]
        or (read.name.startswith("gold_") and not model.name.startswith("gold_"))
    ]


def built_columns(platform: Platform) -> set[tuple[str, str, str]]:
    query = """
        select nspname, relname, attname
        from pg_attribute
        inner join pg_class on pg_class.oid = attrelid
        inner join pg_namespace on pg_namespace.oid = relnamespace
        where nspname in ('bronze', 'public', 'default') and relkind in ('r', 'v') and attnum > 0 and not attisdropped
    """
    with platform.connect("postgres") as connection:
        return set(connection.execute(query).fetchall())


def described_columns(project: Any) -> set[tuple[str, str, str]]:
    return {
        (node.schema, node.identifier if node.resource_type == "source" else node.alias, column.name)
        for node in ours(project, "model", "seed", "source")
        for column in node.columns.values()
        if column.description
    }


def argument_names(macro: Any) -> list[str]:
    (definition,) = get_environment(None).parse(macro.macro_sql).find_all(nodes.Macro)
    # dbt's own word on every materialization, none of its arguments
    return [argument.name for argument in definition.args if argument.name != "supported_languages"]


def test_every_model_seed_source_and_test_is_described(project: Any) -> None:
    singular = [test for test in ours(project, "test") if not hasattr(test, "test_metadata")]
    described = [*ours(project, "model", "seed", "source", "unit_test"), *singular]

    assert len(described) > 30
    assert [node.unique_id for node in described if not node.description] == []
    assert [source.unique_id for source in ours(project, "source") if not source.source_description] == []


def test_every_column_that_was_built_is_described_and_none_else(project: Any, warehouse: Platform) -> None:
    tables = {(node.schema, getattr(node, "identifier", None) or node.alias) for node in ours(project, "source")}
    built = {
        column for column in built_columns(warehouse) if column[0] in {"default", "bronze"} or column[:2] in tables
    }

    assert built ^ described_columns(project) == set()


def test_every_mart_keeps_an_enforced_contract(project: Any) -> None:
    marts = [model for model in ours(project, "model") if layer(model) == "marts"]

    assert len(marts) > 5
    assert [mart.name for mart in marts if not mart.contract.enforced] == []


def test_what_an_exposure_reads_is_public_and_keeps_a_contract(project: Any) -> None:
    read = {parent for exposure in project.exposures.values() for parent in exposure.depends_on.nodes}
    models = [project.nodes[unique_id] for unique_id in read if unique_id.startswith("model.")]

    assert len(models) > 15
    assert [model.name for model in models if model.access != "public" or not model.contract.enforced] == []
    assert [model.name for model in ours(project, "model") if not model.group] == []


def test_what_is_said_in_two_places_is_written_in_one(project: Any) -> None:
    written = Counter(
        column.description
        for node in ours(project, "model", "seed", "source")
        for column in node.columns.values()
        if not column.doc_blocks
    )
    blocks = Counter(block.block_contents for block in project.docs.values() if block.package_name == "macrofolio")

    assert [text for text, times in (written + blocks).items() if times > 1] == []


def test_every_block_of_text_is_used(project: Any) -> None:
    used = {
        block
        for node in ours(project, "model", "seed", "source")
        for column in node.columns.values()
        for block in column.doc_blocks
    }

    assert {block for block in project.docs if block.startswith("doc.macrofolio.")} == used


def test_every_macro_and_its_arguments_are_described(project: Any) -> None:
    silent = []
    for macro in project.macros.values():
        if macro.package_name == "macrofolio":
            described = [argument.name for argument in macro.arguments if argument.description]
            if not macro.description or described != argument_names(macro):
                silent.append(macro.name)

    assert silent == []


def test_each_layer_reads_only_what_lies_below_it(project: Any) -> None:
    assert what_reads_against_the_flow(project) == []


def test_reading_a_source_past_staging_would_be_named(project: Any) -> None:
    mart = project.nodes["model.macrofolio.dim_assets"]
    mart.depends_on.nodes.append("source.macrofolio.bronze.raw_assets")
    try:
        assert what_reads_against_the_flow(project) == ["dim_assets (marts) reads raw_assets (source)"]
    finally:
        mart.depends_on.nodes.pop()


def test_no_source_stops_a_run_by_its_age(project: Any) -> None:
    warned = {source.name: source.freshness for source in ours(project, "source") if source.freshness}

    assert set(warned) == {"raw_prices", "raw_fred", "ingestion_runs"}
    assert [name for name, limits in warned.items() if not limits.warn_after or limits.error_after] == []


def test_the_documentation_is_generated_without_a_warning_and_shows_the_types_of_what_was_built(
    warehouse: Platform, tmp_path: Path
) -> None:
    dbt = Path(sys.executable).with_name("dbt")
    command = [str(dbt), "--warn-error", "docs", "generate", *PROJECT]
    done = subprocess.run(
        command, env=os.environ | variables(warehouse, tmp_path), capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout
    catalog = json.loads((tmp_path / "target" / "catalog.json").read_text())
    assert catalog["errors"] is None
    performance = catalog["nodes"]["model.macrofolio.gold__performance"]["columns"]
    assert performance["market_value"]["type"] == "numeric"
    assert "source.macrofolio.bronze.raw_prices" in catalog["sources"]


def test_the_dbt_project_holds_no_python() -> None:
    assert [str(path) for path in (ROOT / "dbt").rglob("*.py")] == []
