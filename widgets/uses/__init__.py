"""The widgets of the tab of uses."""
