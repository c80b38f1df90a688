"""How a collector is asked: of its answer the head alone is read.

A collector is outside of what is trusted, and an answer without an end would fill the process's memory.
"""

from __future__ import annotations

from typing import Any

import requests

__all__ = ["HeadsAlone"]


class HeadsAlone(requests.Session):
    """A session that reads no body, follows nowhere, and takes no proxy or password from its surroundings."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # noqa: ANN401 - the library's
        """Send, read the head of the answer, and hang up.

        Raises:
            requests.RequestException: as the library says.
        """
        answer = super().send(request, **{**options, "stream": True, "allow_redirects": False})
        answer.close()
        return answer
