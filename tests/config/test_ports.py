"""A taken port is named, and another one is picked."""

import socket

from config.stack import ports


def test_a_taken_port_is_named_with_its_replacement() -> None:
    with socket.socket() as taken:
        taken.bind((ports.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        told: list[str] = []
        other = ports.wanted_port(port, for_what="the web server", say=told.append)
    assert other != port
    assert told == [f"port {port} is taken: the web server gets {other}"]


def test_a_free_port_is_taken_without_a_word() -> None:
    port, told = ports.free_port(), list[str]()
    assert ports.wanted_port(port, for_what="anything", say=told.append) == port
    assert told == []


def test_an_address_nobody_listens_on_does_not_answer() -> None:
    assert not ports.answers(f"{ports.HOST}:{ports.free_port()}")
