"""A mask that is no PNG is a sentence in the window, never the end of the program."""

import subprocess
import sys
from pathlib import Path


def test_no_file_ends_the_program_as_a_mask_or_a_drop():
    script = Path(__file__).with_name("foreign_masks.py")
    done = subprocess.run(
        [
            sys.executable,
            "-X",
            "faulthandler",
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            str(script),
        ],
        cwd=script.parents[2],
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
