"""On whose behalf a pooled connection speaks, and that it forgets it."""

from tests.auth_service.conftest import Person, answer


def test_a_pooled_connection_forgets_whose_transaction_it_carried(alice: Person) -> None:
    alice.trade("BUY", "1")
    database = alice.app.extensions["database"]
    user_id = answer(alice.call("GET", "/auth/me"))["user_id"]

    with database.transaction(user_id) as connection:
        mine = connection.execute("select count(*) as n from bronze.transactions").fetchone()
    unbound = []
    for _ in range(20):
        with database.transaction() as connection:
            unbound.append(connection.execute("select count(*) as n from bronze.transactions").fetchone())

    assert mine == {"n": 1}
    assert unbound == [{"n": 0}] * 20


def test_questions_sent_as_one_see_one_picture_as_that_user(alice: Person) -> None:
    alice.trade("BUY", "1")
    database = alice.app.extensions["database"]
    user_id = answer(alice.call("GET", "/auth/me"))["user_id"]
    count, isolation = "select count(*) as n from bronze.transactions", "show transaction_isolation"

    found = database.rows([count, isolation], {}, user_id, isolation="repeatable read")

    assert found == [{"n": 1}, {"transaction_isolation": "repeatable read"}]
    assert database.row(count, {}) == {"n": 0}
    assert database.row(isolation, {}) == {"transaction_isolation": "read committed"}
