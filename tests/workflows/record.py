"""Records the histories that `test_replay.py` replays: `python -m tests.workflows.record [FATE ...]`.

Runs every fate for real on a stack of its own and keeps what Temporal wrote of its order, payment and refund. To be run
again when the story has changed on purpose and no order of the old story is open any more; else `workflow.patched` it.
"""

import sys

from tests.world.standalone import migrated_stack


def main() -> None:
    """All fates at once, or those named, then their histories."""
    with migrated_stack() as stack:
        from tests.workflows.recording import record

        record(stack, sys.argv[1:])


if __name__ == "__main__":
    main()
