"""What an error of the HTTP library says of the request: whether it can have arrived."""

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError


def never_connected(error: BaseException | None) -> bool:
    """Nobody listened, so that nothing was asked; of every other failure nobody knows."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
