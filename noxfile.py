# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All checks and tests, each a session: ``make`` runs them, ``.venv/bin/nox --list`` lists them.

They run in the virtual environment of nox itself, which ``make venv`` makes, so that ``make test-all`` can run them
with every ansible-core; all but one of antsibull-nox.toml.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable

import antsibull_nox
import nox

ROOT = Path(__file__).parent
BUILD = ROOT / "build"
STAGED = BUILD / "ansible_collections/abra/flexi"
MODULES_ALONE = BUILD / "modules_alone/ansible_collections/abra/flexi"
"""A copy without action plugins, for the integration tests."""
INSTALLED = BUILD / "installed"
DOCS = BUILD / "docs"
TEST_HOME = BUILD / "home"
OUTPUT = STAGED / "tests/output"
RECORDS = OUTPUT / "coverage"

OWN_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
PLUGIN_PYTHON = os.environ.get("PLUGIN_PYTHON") or OWN_PYTHON
"""Another Python for the plugins in the unit and integration tests, such as 3.9."""
COVERAGE = os.environ.get("COVERAGE", "--coverage").split()
"""Whether the unit and integration tests record what they run of the plugins; empty, they are quicker."""

LARGEST_ARTEFACT = 200_000

# What is installed beside nox is found wherever nox was started, and so are servers that Debian keeps for root.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin"])
# What tools keep in the home folder stays in the clone: see tests/tools/prepare_home.py.
for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
    os.environ.pop(name, None)
os.environ |= {
    "HOME": str(TEST_HOME),
    "ANSIBLE_HOME": str(TEST_HOME / ".ansible"),
    "ANSIBLE_ASYNC_DIR": str(TEST_HOME / ".ansible_async"),
    "ANSIBLE_REMOTE_TMP": str(TEST_HOME / ".ansible/tmp"),
}

# That there is no uv is no fault: nothing here asks for it.
logging.getLogger("nox").addFilter(lambda record: "uv binary" not in record.getMessage())
nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
antsibull_nox.load_antsibull_nox_toml()


def share_environment(*apart: str) -> None:
    """Let the sessions of antsibull-nox have that of nox for their own: without one, they would skip their checks."""
    folder = ROOT / ".nox"
    folder.mkdir(exist_ok=True)
    for name in nox.registry.get().keys() - apart:
        link = folder / name
        if link.is_dir() and not link.is_symlink():
            shutil.rmtree(link)
        if not link.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(sys.prefix)


# Galaxy's importer wants an older attrs than the others.
share_environment("build-import-check")


session: Callable[[Callable[[nox.Session], None]], Any] = nox.session(venv_backend="none")
"""Registers a session that runs where nox itself is installed."""


def run(session: nox.Session, *command: str | os.PathLike[str], **env: str) -> None:
    """Run a program, which finds the collection in build; stop the session where it fails."""
    session.run(*command, external=True, env={"ANSIBLE_COLLECTIONS_PATH": str(BUILD)} | env)


def stage(session: nox.Session, target: Path = STAGED) -> None:
    """Copy the collection to where Ansible's tools find it."""
    run(session, "python", "tests/tools/stage.py", target)


def forget(*patterns: str) -> None:
    """Remove records and reports, but none of other tests."""
    for pattern in patterns:
        for path in OUTPUT.glob(pattern):
            path.unlink()


def gather(session: nox.Session) -> None:
    """Make one record of coverage of many: each module that ran has left one, which takes up disk."""
    names = {path.name.rpartition("=coverage.")[0] for path in RECORDS.glob("integration=*=coverage.*")}
    with session.chdir(RECORDS):
        for name in sorted(names):
            run(session, "coverage", "combine", "--quiet", f"--data-file={name}=coverage")
            Path(f"{name}=coverage").rename(f"{name}=coverage.combined")


def ansible_test(session: nox.Session, command: str, *options: str, where: Path = STAGED, silent: bool = False) -> Any:
    """Run ansible-test on a copy, with the Pythons that start; return what it prints where it is silent."""
    path = os.pathsep.join([str(TEST_HOME / "bin"), os.environ["PATH"]])
    # What is to be tested comes first: the word after --venv would be lost.
    arguments = (str(where), command, *session.posargs, *options)
    env = {"ANSIBLE_COLLECTIONS_PATH": str(where.parents[2]), "PATH": path}
    return session.run("sh", "-c", 'cd "$0" && ansible-test "$@"', *arguments, env=env, external=True, silent=silent)


@session
def types(session: nox.Session) -> None:
    """Check the types of plugins, tests and tools."""
    stage(session)
    with session.chdir(BUILD):
        run(session, "mypy", "--config-file", ROOT / "pyproject.toml", "ansible_collections")


@session
def changelog(session: nox.Session) -> None:
    """Check the changelog and its fragments."""
    run(session, "antsibull-changelog", "lint")


@session
def docs(session: nox.Session) -> None:
    """Build the documentation site in build/docs/build/html, and check it. Nothing is looked up outside."""
    collection = DOCS / "ansible_collections/abra/flexi"
    shutil.rmtree(DOCS, ignore_errors=True)
    run(session, "python", "tests/tools/stage.py", collection)
    # Users know the entry point by this name; under it, Ansible would check the arguments once more for each host.
    specs = collection / "roles/user_logout/meta/argument_specs.yml"
    specs.write_text(specs.read_text(encoding="utf-8").replace("\n  log_out:\n", "\n  main:\n"), encoding="utf-8")
    shutil.copytree("docs/images", DOCS / "images")
    (DOCS / "rst").mkdir(mode=0o700)
    run(
        session,
        *("antsibull-docs", "--config-file=docs/site/antsibull-docs.cfg", "collection", "--cleanup=everything"),
        *("--fail-on-error", "--use-current", "--squash-hierarchy", f"--dest-dir={DOCS / 'rst'}", "abra.flexi"),
        ANSIBLE_COLLECTIONS_PATH=str(DOCS),
    )
    site = DOCS / "build/html"
    run(session, "sphinx-build", "-q", "-W", "--keep-going", "-b", "html", "-c", "docs/site", DOCS / "rst", site)
    run(session, "python", "tests/tools/check_site.py", site, collection)


@session
def sanity(session: nox.Session) -> None:
    """Run Ansible's own checks."""
    stage(session)
    forget("junit/ansible-test-sanity-*")
    ansible_test(session, "sanity", "--junit", "--venv")


@session
def unit(session: nox.Session) -> None:
    """Run the unit tests."""
    stage(session)
    forget("coverage/units=*", "junit/*-units.xml")
    ansible_test(session, "units", *COVERAGE, "--venv", "--python", PLUGIN_PYTHON)


@session
def mutation(session: nox.Session) -> None:
    """Change what tests/mutation names in one place at a time, in a copy, and see what no unit test notices."""
    copy = BUILD / "mutation"
    mutated = copy / "ansible_collections/abra/flexi"
    shutil.rmtree(copy, ignore_errors=True)
    run(session, "python", "tests/tools/stage.py", mutated)
    # pytest starts some hundred times, and needs none of the plugins that it would find.
    env = {"PYTHONPATH": str(copy), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    with session.chdir(mutated):
        run(session, "python", "tests/mutation/mutation.py", *session.posargs, **env)


@session
def integration(session: nox.Session) -> None:
    """Run the integration tests, through the action plugins and through the modules."""
    where = ["--venv"]
    if PLUGIN_PYTHON != OWN_PYTHON:
        target = f"controller:python=venv/{PLUGIN_PYTHON}"
        where = ["--controller", f"origin:python=venv/{OWN_PYTHON}", "--target", target]
    for copy in (STAGED, MODULES_ALONE):
        stage(session, copy)
        # ansible-test heeds no other configuration.
        shutil.copyfile(TEST_HOME / ".ansible.cfg", copy / "tests/integration/integration.cfg")
    shutil.rmtree(MODULES_ALONE / "plugins/action")
    forget("coverage/integration=*")
    # Each waits most of the time for a single process. What the modules run, the others run as well.
    with ThreadPoolExecutor() as threads:
        modules = threads.submit(ansible_test, session, "integration", *where, where=MODULES_ALONE, silent=True)
        ansible_test(session, "integration", *COVERAGE, *where)
    gather(session)
    session.log(f"Through the modules:\n{modules.result()}")


@session
def coverage(session: nox.Session) -> None:
    """Report what the unit and integration tests did not run of the plugins, which has to be nothing."""
    stage(session)
    forget("coverage/coverage*")
    # Stubs stand for every file, also for those of which nothing at all ran.
    ansible_test(session, "coverage", "combine", "--stub")
    with session.chdir(RECORDS):
        run(session, "coverage", "combine", "--quiet", "--data-file=coverage.all", "coverage", "coverage=stub-01")
    with session.chdir(STAGED):
        run(session, "coverage", "report", f"--data-file={RECORDS / 'coverage.all'}")


@session
def build(session: nox.Session) -> None:
    """Build the collection, and install the result in build/installed."""
    stage(session)
    for folder in (BUILD / "dist", INSTALLED):
        shutil.rmtree(folder, ignore_errors=True)
    run(session, "ansible-galaxy", "collection", "build", "--output-path", BUILD / "dist", STAGED)
    (archive,) = (BUILD / "dist").iterdir()
    size = archive.stat().st_size
    if size > LARGEST_ARTEFACT:
        session.error(f"The artefact has {size} bytes, of at most {LARGEST_ARTEFACT}: see build_ignore in galaxy.yml.")
    install = ("ansible-galaxy", "collection", "install", "--offline", "-p", INSTALLED, archive)
    run(session, *install, ANSIBLE_COLLECTIONS_PATH=str(INSTALLED))


@session
def e2e(session: nox.Session) -> None:
    """Test what was built and installed: examples, hooks, AWX, event-driven Ansible, secrets."""
    build(session)
    # With more at once, tests that count seconds would get too little of the machine.
    workers = ("--numprocesses=auto", "--maxprocesses=4", "--dist=loadgroup")
    run(
        session,
        *("python", "-m", "pytest", "-rs", f"--junitxml={BUILD / 'reports/e2e.xml'}", *workers, *session.posargs),
        ANSIBLE_COLLECTIONS_PATH=str(INSTALLED),
    )
