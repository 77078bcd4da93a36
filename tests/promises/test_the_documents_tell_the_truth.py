"""What the documents say of the product is so."""

import importlib
import os
import pkgutil
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from prometheus_client import Metric

import domain
from api.http import problems
from domain.errors import DomainError
from domain.event import Fact
from infra import metrics
from infra.eventstore.topics import FACTS
from infra.settings import Settings
from tests.support.files import ROOT

PACKAGES = ("domain", "activities", "workflows", "api", "infra")
README = ROOT / "README.md"
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
ADRS = sorted((ROOT / "docs" / "adr").glob("*.md"))
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
ADR_SECTIONS = ["Context", "Decision", "Consequences", "Alternatives", "Enforced by"]


def named(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda p: p.name)


def rows(document, first_column):
    """The table whose head begins with this word, as lists of cells."""
    text = document.read_text("utf-8")
    table = re.search(
        rf"^\| {first_column} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE
    )
    assert table, f"{document.name} has no table that begins with {first_column!r}"
    lines = table[1].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def section(text, heading):
    """From this heading to the next of its level or above."""
    level = heading.partition(" ")[0]
    until = rf"(?=^#{{1,{len(level)}}} |\Z)"
    found = re.search(rf"^{heading}\n(.*?){until}", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no {heading!r}"
    return found[1]


def our_metrics() -> list[tuple[Metric, list[str]]]:
    return [
        (metric, list(collector._labelnames))
        for collector in vars(metrics).values()
        if hasattr(collector, "_labelnames")
        for metric in collector.describe()
    ]


def test_the_table_of_metrics_is_what_the_registry_has():
    documented = {
        tuple(cell.replace("`", "") for cell in (name, kind, labels, meaning))
        for name, kind, labels, _, meaning in rows(ROOT / "docs/metrics.md", "name")
    }
    assert documented == {
        (
            metric.name + ("_total" if metric.type == "counter" else ""),
            metric.type,
            ", ".join(labels),
            metric.documentation,
        )
        for metric, labels in our_metrics()
    }


def test_the_units_of_metrics_are_those_in_their_names():
    for name, kind, _, unit, _ in rows(ROOT / "docs/metrics.md", "name"):
        if kind != "counter":
            assert name.strip("`").endswith(f"_{unit}")


def test_the_table_of_settings_is_what_settings_has():
    documented = [row[0].strip("`") for row in rows(README, "setting")]
    assert documented == [f"PLEDGE_{f.name.upper()}" for f in fields(Settings)]


def test_the_defaults_of_settings_are_those_of_the_code():
    default = {f"PLEDGE_{f.name.upper()}": f.default for f in fields(Settings)}
    for name, shown, _ in rows(README, "setting"):
        if shown.startswith("`"):
            assert shown.strip("`") == str(default[name.strip("`")])
        else:
            assert default[name.strip("`")] == "", (
                "words stand for something worked out"
            )


def mapped(package):
    """The files and folders that the code map names for this package."""
    text = section(ARCHITECTURE.read_text("utf-8"), f"### {package}/")
    return set(re.findall(r"`([a-z_]+(?:/|\.[a-z]+))`", text))


def has_sources(entry):
    """A folder that was moved away may stay behind with what Python compiled in it."""
    return entry.is_file() or any(
        path.is_file() and path.suffix != ".pyc" for path in entry.rglob("*")
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_the_code_map_names_what_is_there(package):
    gone = [
        n for n in mapped(package) if not list((ROOT / package).rglob(n.strip("/")))
    ]
    assert gone == []


@pytest.mark.parametrize("package", PACKAGES)
def test_the_code_map_leaves_no_module_out(package):
    there = {
        f"{entry.name}/" if entry.is_dir() else entry.name
        for entry in (ROOT / package).iterdir()
        if entry.name not in ("__init__.py", "__pycache__") and has_sources(entry)
    }
    assert there - mapped(package) == set()


@named(DOCUMENTS)
def test_every_link_between_documents_leads_somewhere(path):
    targets = re.findall(r"\]\(([^)#\s]+)", path.read_text("utf-8"))
    local = [t for t in targets if "://" not in t]
    assert [t for t in local if not (path.parent / t).exists()] == []


@named(DOCUMENTS)
def test_every_file_that_a_document_names_with_its_folder_exists(path):
    pattern = (
        rf"\b(?:{'|'.join(PACKAGES)}|tests|examples|docs)/[\w/.-]*\.(?:py|md|sql|yaml)"
    )
    names = set(re.findall(pattern, path.read_text("utf-8")))
    assert [name for name in sorted(names) if not (ROOT / name).exists()] == []


def test_each_decision_has_a_number_of_its_own():
    numbers = [p.name[:4] for p in ADRS]
    assert all(number.isdigit() for number in numbers)
    assert len(numbers) == len(set(numbers))


@named(ADRS)
def test_a_decision_has_its_number_its_status_and_every_section(path):
    text = path.read_text("utf-8")
    assert re.match(rf"# {path.name[:4]}\. .+\n\nStatus: \w+, \d{{4}}-\d{{2}}\n", text)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ADR_SECTIONS


def below(cls):
    return [cls, *(inner for sub in cls.__subclasses__() for inner in below(sub))]


def test_the_table_of_problems_has_every_code():
    raised = {c.code for c in below(DomainError) if not c.__subclasses__()}
    source = "".join(p.read_text("utf-8") for p in (ROOT / "api").rglob("*.py"))
    made = set(re.findall(r'problem\(\s*\d+, "(\w+)"', source))
    by_status = {*problems._CODES.values()}
    documented = "".join(row[1] for row in rows(ROOT / "docs/api.md", "status"))
    assert set(re.findall(r"`(\w+)`", documented)) == raised | made | by_status


def test_every_fact_of_the_domain_may_be_stored():
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    facts = {fact.topic: fact for fact in below(Fact)[1:]}
    assert {t for t, fact in facts.items() if FACTS.get(t) is not fact} == set()


def run_demo(**environment):
    return subprocess.run(
        [sys.executable, "-m", "examples.demo"],
        cwd=ROOT,
        env={"PATH": os.environ.get("PATH", ""), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def subscriptions(installation):
    with installation.client() as api:
        return [s["id"] for s in api.ok("GET", "/v1/subscriptions")["items"]]


@pytest.mark.slow
def test_the_demo_shows_its_story_ends_well_and_clears_up(installation):
    before = subscriptions(installation)
    demo = run_demo(
        PLEDGE_URL=installation.http, PLEDGE_ADMIN_KEY=installation.admin_key
    )
    assert demo.returncode == 0, demo.stdout + demo.stderr
    told = ["promise made", "WARNING", "judged met", "BREACH", "reassigned", "webhook"]
    assert [word for word in told if word not in demo.stdout] == []
    assert subscriptions(installation) == before


def test_the_demo_says_so_when_nothing_runs(tmp_path: Path):
    demo = run_demo(PLEDGE_DATA_DIR=str(tmp_path))
    assert demo.returncode == 1
    assert demo.stderr.startswith(
        f"demo: no running Pledge for data directory {tmp_path}"
    )
