"""Which device is taken where nobody names one."""

import pytest

from engines.checkpoints import devices


@pytest.mark.parametrize(
    ("there", "taken"),
    [((), "cpu"), (("mps",), "cpu"), (("mps", "xpu"), "xpu"), (("cuda", "mps"), "cuda")],
)
def test_mps_is_taken_only_by_name(monkeypatch, there, taken):
    monkeypatch.setattr(devices, "_available", lambda kind: kind in there)
    assert devices.choose().type == taken
    if "mps" in there:
        assert devices.choose("mps").type == "mps"
