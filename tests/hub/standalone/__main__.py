"""`make hub-standalone`: PostgreSQL and Redis of its own, the project's tables, and Daphne until Ctrl-C."""

import argparse
import os
import sys
import threading
import time

from config.bootstrap import say
from config.stack.embedded import embedded_stack
from config.stack.processes import Stopped, stopping_on_signals

PRUNE_EVERY_S = 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    with stopping_on_signals(), embedded_stack(ephemeral=True, private=True, with_temporal=False, say=say) as stack:
        environment = {
            **{name: stack.environment[name] for name in ("DATABASE_URL", "REDIS_URL")},
            "DJANGO_SETTINGS_MODULE": "tests.hub.standalone.settings",
        }
        os.environ.update(environment)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        endpoint = f"tcp:port={port}:interface=127.0.0.1:backlog=4096"
        command = [sys.executable, "-m", "daphne", "-e", endpoint, "-v", "0", "tests.hub.standalone.asgi:application"]
        server = stack.processes.start("hub", command, environment=environment)
        threading.Thread(target=_prune, daemon=True).start()
        say(f"the hub listens on ws://127.0.0.1:{port}/connection/websocket; Ctrl-C ends it")
        try:
            sys.exit(f"the server ended: {server.last_lines()}" if server.process.wait() else 0)
        except Stopped:
            say("stopped")


def _prune() -> None:
    from hub import retention

    while True:
        time.sleep(PRUNE_EVERY_S)
        retention.prune()


if __name__ == "__main__":
    main()
