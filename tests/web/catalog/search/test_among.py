"""Only what may be sold here."""

from tests.web.catalog.search.shelf import hits, shelf


def test_only_services_of_the_given_ids_come() -> None:
    assert [hit.service_id for hit in hits("空调", among={2, 6})] == [2]
    assert hits("空调", among=[]) == []


def test_ids_that_the_index_does_not_know_are_ignored() -> None:
    assert [hit.service_id for hit in hits("空调", among=(2, 999, -1))] == [2]


def test_what_is_left_out_elsewhere_because_of_a_better_one_comes_where_that_is_not_sold() -> None:
    everywhere = [hit.service_id for hit in hits("马桶疏通")]
    here = [hit.service_id for hit in hits("马桶疏通", among={7, 13})]
    assert everywhere[0] == 6
    assert here == [7]


def test_suggestions_name_only_what_is_sold_here() -> None:
    assert shelf().suggest("空调", among=shelf().among({2})) == ["空调维修"]
    assert shelf().suggest("ktq", among=shelf().among({13})) == []
