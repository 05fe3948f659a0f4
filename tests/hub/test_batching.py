"""Many who ask at once, and the few questions that answer them."""

import asyncio

import pytest

from hub.batching import Batcher


async def test_whoever_asks_is_answered_by_a_question_that_was_put_after_he_came() -> None:
    questions: list[list[str]] = []
    go = asyncio.Event()

    async def ask(keys: list[str]) -> dict[str, int]:
        questions.append(keys)
        await go.wait()
        return dict.fromkeys(keys, len(questions))

    batcher = Batcher(ask, at_once=2)
    first = [batcher(key) for key in "aabac"]
    await asyncio.sleep(0.01)
    late = batcher("a")
    assert (questions, len(batcher)) == ([["a", "b"]], 2)
    go.set()
    assert await asyncio.gather(*first, late) == [1, 1, 1, 1, 2, 2]
    assert questions == [["a", "b"], ["c", "a"]]
    assert await batcher("d") == 3


async def test_what_goes_wrong_reaches_all_who_wait_and_nobody_else() -> None:
    async def ask(keys: list[str]) -> dict[str, str]:
        return {key: key[1:2] or str(1 / 0) for key in keys}

    batcher = Batcher(ask, at_once=2)
    found = await asyncio.gather(*map(batcher, ["a", "b1", "c2", "d3"]), return_exceptions=True)
    assert [type(each) for each in found[:2]] == [ZeroDivisionError] * 2
    assert found[2:] == ["2", "3"]
    with pytest.raises(ZeroDivisionError):
        await batcher("e")
    assert await batcher("f4") == "4"


async def test_who_gives_up_takes_the_answer_from_nobody() -> None:
    async def ask(keys: list[str]) -> dict[str, str]:
        await asyncio.sleep(0.01)
        return {key: key for key in keys}

    batcher = Batcher(ask)
    gone, there = asyncio.ensure_future(asyncio.wait_for(batcher("a"), 0.001)), batcher("a")
    assert await there == "a"
    with pytest.raises(TimeoutError):
        await gone
