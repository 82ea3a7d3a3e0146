"""Many rows come in several turns, in their order, and what is there stays."""

from app.tab.turns import AT_ONCE, some_of


def test_many_come_a_few_at_a_time_and_all_come():
    names, there = [f"m{k}" for k in range(10)], {"m4"}
    seen, late = [], True
    while late:
        now, late = some_of(names, there)
        assert [name for name in names if name in now] == now
        assert there <= set(now)
        assert len(set(now) - there) <= AT_ONCE
        there = set(now)
        seen.append(len(now))
    assert seen == [*range(1 + AT_ONCE, 10, AT_ONCE), 10]


def test_nothing_waits_where_all_are_there():
    assert some_of(["a", "b"], {"a", "b", "c"}) == (["a", "b"], False)
    assert some_of([], {}) == ([], False)
