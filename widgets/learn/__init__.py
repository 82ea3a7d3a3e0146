"""The widgets of the tab Learn; Qt and numpy alone."""
