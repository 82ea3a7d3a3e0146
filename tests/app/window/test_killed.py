"""A program that is killed at any moment: nothing is corrupt, little is lost, all can go on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the script forks")

LOST = 5.0
"""Seconds of what a hand did that may be lost."""
REPOSITORY = Path(__file__).resolve().parents[3]


def kills(folder, count, seed, seconds, *more):
    """What was found after each of so many kills."""
    program = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.app.window.killed",
            *map(str, (folder, count, seed, seconds)),
            *more,
        ],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=60 * count,
    )
    assert program.returncode == 0, program.stderr
    return [json.loads(line) for line in program.stdout.splitlines()]


def in_force(found, name, first):
    """The values of a thing that a hand may have set it to in its last seconds."""
    last, since = first, found["killed"] - LOST
    later = []
    for line in found["log"]:
        if name in line and line["did"] != "done":
            if line["t"] <= since:
                last = line[name]
            else:
                later.append(line[name])
    return [last, *later]


def said(found, did):
    return [line for line in found["log"] if line["did"] == did]


def check_settings(found):
    assert not found["broken"]
    assert found["seed"] in in_force(found, "seed", 7)
    assert found["count"] in in_force(found, "count", 4)
    assert found["models"] == ["mnist/flow", "mnist/kde"]


def check_history(found):
    """Every batch that the queue had called done is there."""
    assert found["sound"] == "ok"
    kept = [tuple(each) for each in found["kept"]]
    for line in said(found, "done"):
        assert (line["seed"], line["count"]) in [(seed, count) for _, seed, count, _ in kept]


def check_jobs(found):
    """Jobs that had waited longer than what may be lost are offered; none that had ended was."""
    since = found["killed"] - LOST
    left = [f"{job['title']}, {job['detail']}" for job in found["left"].get("jobs", [])]
    old = [line["job"] for line in said(found, "queue") if line["t"] < since]
    done = [line["job"] for line in said(found, "done")]
    for job in set(old):
        assert left.count(job) >= old.count(job) - done.count(job)
    long_done = [line["job"] for line in said(found, "done") if line["t"] < since]
    every = [line["job"] for line in said(found, "queue")]
    for job in left:
        assert left.count(job) <= every.count(job) - long_done.count(job)
    if left:
        assert f"Continue: {len(left)} job" in " ".join(found["offer"])
        assert sorted(found["queued"]) == sorted(left)  # all of them were taken up again
    assert not [text for text in found["said"] if "could not" in text]


def check_tabs(found):
    tabs = in_force(found, "tab", "sample")
    if found["left"]:
        assert found["tab"] in tabs
    holes = [(line["mask"], line["picture"]) for line in said(found, "hole")]
    old = [line for line in said(found, "hole") if line["t"] < found["killed"] - LOST]
    if old:
        assert "inpaint" in found["left"]["tabs"]
        assert (found["mask"], found["picture"]) in holes[len(old) - 1 :]


def check_going_on(found):
    """The first job goes on from what it had finished, but for the last seconds."""
    if not found["steps"]:
        return
    (first,) = found["steps"]
    before = [
        line["done"]
        for line in said(found, "step")
        if line["job"] == first["job"] and line["t"] < found["killed"] - LOST
    ]
    if before and not [line for line in said(found, "done") if line["job"] == first["job"]]:
        assert first["done"] >= before[-1]


def check(found):
    check_settings(found)
    check_history(found)
    check_jobs(found)
    check_tabs(found)
    check_going_on(found)
    assert not found["stuck"]


def test_killed_at_three_random_moments(tmp_path):
    every = kills(tmp_path / "kills", 3, 100, 4.0)
    assert len(every) == 3
    for found in every:
        check(found)
    # the script has come to what it is about
    assert any(found["queued"] for found in every)
    assert any(found["left"].get("titles") for found in every)


@pytest.mark.evidence
def test_killed_at_thirty_random_moments_and_carried_to_the_end(tmp_path):
    every = kills(tmp_path / "kills", 30, 2000, 20.0, "whole")
    assert len(every) == 30
    for found in every:
        check(found)
        later = [tuple(each[:3]) for each in found["later"]]
        for job in found["queued"]:
            if job.startswith(("Flow: 160", "KDE: 160")):
                _, model, seed = (part.strip() for part in job.split(","))
                assert (model, int(seed.removeprefix("seed ")), 160) in later
    assert any(
        found["steps"] and found["steps"][0]["done"] > 0 for found in every
    )  # some went on from the middle
