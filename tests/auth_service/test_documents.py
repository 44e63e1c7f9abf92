"""What is kept of documents, and what makes room."""

from auth_service.documents import Documents


def test_what_was_asked_for_the_longest_ago_makes_room() -> None:
    documents = Documents(size=8000)
    for key in ("a", "b"):
        documents.keep(key, "12345")
    documents.get("a")
    documents.keep("c", "12345")

    assert [documents.get(key) for key in ("a", "b", "c")] == ["12345", None, "12345"]


def test_what_is_larger_than_all_may_be_is_not_kept_and_pushes_nothing_out() -> None:
    documents = Documents(size=8000)
    documents.keep("a", "1234")
    documents.keep("b", "x" * 8000)

    assert (documents.get("a"), documents.get("b")) == ("1234", None)


def test_small_documents_count_with_what_it_takes_to_find_them() -> None:
    documents = Documents(size=1_000_000)
    for key in range(1000):
        documents.keep(key, "")

    assert sum(documents.get(key) is not None for key in range(1000)) < 340
