"""For every run of pytest: a test that does not run is a failure unless listed here."""

import os

import pytest

# Reasons, word by word, for which a test may be skipped. None is known.
EXPECTED_SKIPS = frozenset()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    return _fail_if_skipped(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    report = yield
    return _fail_if_skipped(report)


def _fail_if_skipped(report):
    if report.skipped and not hasattr(report, "wasxfail"):
        _file, _line, reason = report.longrepr
        if reason.removeprefix("Skipped: ") not in EXPECTED_SKIPS:
            report.outcome = "failed"
            report.longrepr = f"unexpected skip: {reason}"
    return report


def pytest_terminal_summary(terminalreporter):
    """Name what failed in the parts of ``make test`` that ran before this one."""
    if failed := os.environ.get("FAILED_EARLIER"):
        terminalreporter.section("failed before", red=True)
        terminalreporter.write_line(failed)
