"""What the pages of the tab of uses have done on the lane. No Qt."""
