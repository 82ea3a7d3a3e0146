"""Where no window can be opened one sentence says so, in fresh processes: Qt ends them itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import main

HERE = Path(main.__file__).parent


def started(tmp_path, code, **more):
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "QT_DEBUG_PLUGINS"}
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    kept = {key: value for key, value in os.environ.items() if key not in hidden}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=HERE,
        env=kept | home | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("genscope: no window can be opened here (")
    assert "work without one" in line
    assert " sample mnist/flow" in line
    return line


RUN = "import sys, main; sys.exit(main.main([]))"


def test_a_platform_that_qt_does_not_know_is_named(tmp_path):
    assert "nonsense" in started(tmp_path, RUN, QT_QPA_PLATFORM="nonsense")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 is of Linux")
@pytest.mark.parametrize("given", [{"QT_QPA_PLATFORM": "xcb"}, {}])
def test_no_display_is_said(tmp_path, given):
    started(tmp_path, RUN, **given)


def test_a_missing_library_is_named(tmp_path):
    code = f"import sys; sys.modules['PySide6.QtWidgets'] = None; {RUN}"
    assert "PySide6.QtWidgets" in started(tmp_path, code)
