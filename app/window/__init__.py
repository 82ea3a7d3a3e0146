"""The main window: menus, tabs, start and end of the program."""
