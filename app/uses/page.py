"""What the tab of uses asks of one of its pages."""

from __future__ import annotations

from app.tab import page as tab_page


class Page(tab_page.Page):
    """Works while `view` is in view, and has long work of its own."""

    def run(self, *, first: bool) -> None:
        """Do the page's long work."""
        self.rebuild()
