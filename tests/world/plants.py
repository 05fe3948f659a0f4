"""The personal data that people of the tests give away, to be looked for where it must never be."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from tests.world.places import customer_phone, worker_phone

CONTACT = ("王小姐", "13800138000", "文三路 100 号", "3 幢 2 单元 501")
"""What `Customer.move_in` saves."""

REQUEST = "家里有猫"
"""What `Customer.order` asks for."""

CLAIM, ANSWER = "没有打扫干净", "已联系服务人员"
SUPPLEMENT, MOVE, SHOES = "更换密封圈", "路上堵车", "请带鞋套"
AGAIN, MESSAGE = "浴室请重做", "门口密码是 2580"
TYPED = (REQUEST, CLAIM, ANSWER, SUPPLEMENT, MOVE, SHOES, AGAIN, MESSAGE)
"""What people write to each other and to the platform about an order: a claim and its answer, why something costs more
or comes later, what is asked for instead and for a return visit, a message of the conversation.
"""

PHONES = tuple(phone(0).removeprefix("+86") for phone in (customer_phone, worker_phone))
"""One of a customer and one of a worker: everybody's is alike but for its last four digits."""

PLANTED = (*CONTACT, *TYPED, *PHONES)


def found_in(texts: Iterable[str], *more: str) -> list[str]:
    """Which planted strings (and `more`) occur in any of the texts, also where JSON or base64 hides them."""
    clear = "\n".join(_clear(texts))
    return [plant for plant in (*PLANTED, *more) if re.search(_pattern(plant), clear)]


def texts_of(value: Any) -> Iterator[str]:
    """Every string in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from texts_of(key)
            yield from texts_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts_of(part)


def _pattern(plant: str) -> str:
    """Anybody's phone, with or without the country's code: not the same digits within a longer number."""
    return rf"(?<!\d)(?:86)?{plant[:-4]}\d{{4}}(?!\d)" if plant in PHONES else re.escape(plant)


def _clear(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield text
        decoded = _from_base64(text)
        if decoded:
            yield decoded
        for candidate in (text, decoded):
            if "\\u" in candidate:
                yield "\n".join(texts_of(_from_json(candidate)))


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""


def _from_json(text: str) -> Any:
    """The value, or the text itself with its escapes resolved as far as they are."""
    try:
        return json.loads(text)
    except ValueError:
        return text.encode("ascii", "replace").decode("unicode_escape", "replace")
