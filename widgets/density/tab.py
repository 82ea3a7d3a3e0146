"""The density tab: one page for each kind of data."""

from __future__ import annotations

from widgets.controls.paged_tab import PagedTab


class DensityTab(PagedTab):
    """Knows nothing of its pages."""
