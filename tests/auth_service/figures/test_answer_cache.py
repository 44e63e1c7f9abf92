"""What is kept of documents, and what makes room."""

from auth_service.figures.answer_cache import Document, Documents


def document(size: int) -> Document:
    return Document(b"x" * size, "1")


def test_what_was_asked_for_the_longest_ago_makes_room() -> None:
    documents = Documents(size=8000)
    for key in ("a", "b"):
        documents.keep(key, document(5))
    documents.get("a")
    documents.keep("c", document(5))

    assert [documents.get(key) for key in ("a", "b", "c")] == [document(5), None, document(5)]


def test_what_is_larger_than_all_may_be_is_not_kept_and_drives_nothing_out() -> None:
    documents = Documents(size=8000)
    documents.keep("a", document(4))
    documents.keep("b", document(8000))

    assert (documents.get("a"), documents.get("b")) == (document(4), None)


def test_a_version_takes_the_place_of_the_one_before() -> None:
    documents = Documents(size=8000)
    documents.keep("a", document(5))
    for version in ("1", "2", "3"):
        documents.keep("b", Document(b"12345", version))

    assert (documents.get("a"), documents.get("b")) == (document(5), Document(b"12345", "3"))


def test_small_documents_count_with_what_it_takes_to_find_them() -> None:
    documents = Documents(size=1_000_000)
    for key in range(1000):
        documents.keep(key, document(0))

    assert sum(documents.get(key) is not None for key in range(1000)) < 340
