"""x"""

from tests.windows import BOTH, DIGITS, PLANE


def test_columns_appear_for_the_chosen_models(open_window):
    stage = open_window(BOTH)
    stage.ready()
    assert stage.tab.names() == ("mnist/flow", "mnist/kde")
    stage.window.grab().save("/tmp/a.png")


def test_points(open_window):
    stage = open_window(PLANE)
    stage.ready()
    stage.window.grab().save("/tmp/b.png")


def test_puppet(open_window, puppets):
    stage = open_window(DIGITS)
    stage.until(lambda: "mnist/kde" in puppets)
    puppets["mnist/kde"].allow()
    stage.ready()
    print(stage.picture("mnist/kde")[0])
