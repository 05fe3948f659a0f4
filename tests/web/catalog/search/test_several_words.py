"""All of them where possible, the best of the rest where not."""

from tests.web.catalog.search.shelf import found, hits


def test_what_has_all_words_comes_first_and_what_has_few_does_not_come() -> None:
    assert found("空调 维修")[0] == "空调维修"
    assert "洗衣机清洗" not in found("空调 维修")


def test_words_may_stand_in_different_fields() -> None:
    assert found("家电清洗 滚筒")[0] == "洗衣机清洗"


def test_where_nothing_has_all_words_the_rare_ones_decide() -> None:
    assert set(found("空调 开荒")[:3]) == {"新居开荒保洁", "空调清洗", "空调维修"}


def test_partial_answers_have_a_lower_score() -> None:
    assert hits("马桶 维修")[0].score < hits("马桶疏通")[0].score


def test_fillers_do_not_count() -> None:
    assert found("请问附近有没有师傅可以上门疏通马桶，多少钱") == found("疏通马桶")
