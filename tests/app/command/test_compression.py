"""Files of pictures from the command line: written, read back, and refused in one sentence."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

import main
from tests.engines.tiny import opened

COUNT = 3


@pytest.fixture
def placed(tmp_path):
    """A tiny model's catalogue and a folder of pictures: (root, name, folder, levels)."""
    root, folder = tmp_path / "assets", tmp_path / "in"
    name = opened(root, "autoregressive", "picture").card.name
    folder.mkdir()
    levels = np.random.default_rng(0).integers(0, 256, (COUNT, 8, 8), np.uint8)
    for i, picture in enumerate(levels):
        Image.fromarray(picture).save(folder / f"{i}.png")
    return root, name, folder, levels


def run(root, *words):
    return main.main([*map(str, words), "--assets", str(root)])


def written(placed, tmp_path):
    root, name, folder, _ = placed
    out = tmp_path / "x.gsz"
    assert run(root, "compress", name, "--images", folder, "--out", out) == 0
    return out


def test_pictures_come_back_in_their_order(placed, tmp_path, capsys):
    root, name, _, levels = placed
    out = written(placed, tmp_path)
    assert capsys.readouterr().out.split() == [str(out)]
    assert run(root, "info", out) == 0
    said = capsys.readouterr().out
    for part in (name, f"{COUNT} of 8 × 8", "torch", "can be read"):
        assert part in said
    back = tmp_path / "out"
    assert run(root, "decompress", out, "--out", back) == 0
    files = sorted(back.iterdir())
    assert len(files) == COUNT
    for path, picture in zip(files, levels, strict=True):
        assert (np.array(Image.open(path)) == picture).all()


def test_a_table_stands_beside_it(placed, tmp_path, capsys):
    root, name, folder, _ = placed
    words = ("compress", name, "--images", folder, "--table", "--out", tmp_path / "x.gsz")
    assert run(root, *words) == 0
    said = capsys.readouterr().out
    for codec in ("PNG", "WebP", "JPEG-XL", "zlib", "bz2", "LZMA", "Zstandard", "without header"):
        assert codec in said


def test_a_damaged_picture_is_named_and_the_others_are_written(placed, tmp_path, capsys):
    root, _, _, levels = placed
    out = written(placed, tmp_path)
    raw = bytearray(out.read_bytes())
    raw[-3] ^= 8
    out.write_bytes(raw)
    back = tmp_path / "out"
    assert run(root, "decompress", out, "--out", back) == 1
    assert f"picture {COUNT} of {COUNT} cannot be read" in capsys.readouterr().err
    files = sorted(back.iterdir())
    assert [path.name for path in files] == ["0001.png", "0002.png"]
    assert (np.array(Image.open(files[1])) == levels[1]).all()
    assert run(root, "info", out) == 0
    assert "damage" in capsys.readouterr().out


def one_line(capsys):
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("genscope")
    return line


def test_what_cannot_be_read_is_one_sentence(placed, tmp_path, capsys):
    root, name, folder, _ = placed
    out = written(placed, tmp_path)
    capsys.readouterr()
    renamed = tmp_path / "picture.gsz"
    renamed.write_bytes((folder / "0.png").read_bytes())
    assert run(root, "decompress", renamed, "--out", tmp_path / "o") == 1
    assert "no .gsz file" in one_line(capsys)
    cut = tmp_path / "cut.gsz"
    cut.write_bytes(out.read_bytes()[:50])
    assert run(root, "info", cut) == 1
    assert "header is damaged or cut off" in one_line(capsys)
    assert run(root, "decompress", tmp_path / "none.gsz", "--out", tmp_path / "o") == 1
    assert "cannot be read" in one_line(capsys)
    assert run(tmp_path / "elsewhere", "decompress", out, "--out", tmp_path / "o") == 1
    assert "there is no such model here" in one_line(capsys)
    card = root / f"{name}.toml"
    text = card.read_text()
    (sha,) = [line for line in text.splitlines() if line.startswith("sha256")]
    card.write_text(text.replace(sha, f'sha256 = "{"0" * 64}"'))
    assert run(root, "decompress", out, "--out", tmp_path / "o") == 1
    assert "other weights" in one_line(capsys)
    assert run(root, "info", out) == 1
    assert "other weights" in capsys.readouterr().out
    assert not (tmp_path / "o").exists()


def test_pictures_that_would_change_are_left_out(placed, tmp_path, capsys):
    root, name, folder, _ = placed
    Image.new("RGB", (8, 8), (200, 10, 10)).save(folder / "red.png")
    Image.new("L", (9, 8)).save(folder / "wide.png")
    out = tmp_path / "x.gsz"
    assert run(root, "compress", name, "--images", folder, "--out", out) == 1
    said = capsys.readouterr().err
    assert "red.png has colours" in said
    assert "wide.png is 9 × 8" in said
    assert out.exists()
    for path in folder.glob("[0-9]*"):
        path.unlink()
    assert run(root, "compress", name, "--images", folder, "--out", tmp_path / "y.gsz") == 1
    assert "none of the 2 pictures" in one_line(capsys)
    assert not (tmp_path / "y.gsz").exists()


def test_wrong_usage_is_said(placed, tmp_path, capsys):
    root, name, folder, _ = placed
    empty = tmp_path / "empty"
    empty.mkdir()
    out = tmp_path / "x.gsz"
    for words, says in (
        (("--images", empty, "--out", out), "no pictures in"),
        (("--images", tmp_path / "none", "--out", out), "is not a folder"),
        (("--images", folder, "--out", tmp_path / "x.zip"), "must end in .gsz"),
        (("--out", out), "--images FOLDER, or --count"),
        (("--count", 4, "--out", out), "no test pictures"),
    ):
        assert run(root, "compress", name, *words) == 2
        assert says in capsys.readouterr().err
    assert run(root, "compress", name, "--images", folder, "--groups", 4, "--out", out) == 1
    assert "groups" in one_line(capsys)
    assert not out.exists()


@pytest.mark.skipif(not hasattr(signal, "SIGINT") or os.name == "nt", reason="signals of Unix")
def test_an_interrupt_leaves_no_half_file(placed, tmp_path):
    root, name, folder, _ = placed
    levels = np.random.default_rng(0).integers(0, 256, (400, 8, 8), np.uint8)
    for i, picture in enumerate(levels):
        Image.fromarray(picture).save(folder / f"{i}.png")
    out = tmp_path / "made" / "x.gsz"
    words = ["compress", name, "--images", folder, "--out", out, "--assets", root]
    process = subprocess.Popen(
        [sys.executable, "main.py", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # started in the background, a process ignores Ctrl+C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    end = time.monotonic() + 120
    while not out.parent.is_dir() and time.monotonic() < end:
        time.sleep(0.05)  # until it is at work: the folder is made first
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert list(out.parent.iterdir()) == []
