"""How gunicorn serves: threads, none of which waits for one client at the expense of the others."""

import logging
import socket
from concurrent.futures import Future

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from auth_service.http import broken_requests


class PatientThreads(ThreadWorker):  # type: ignore[misc]
    """Closes connections in the thread that answered, and refuses broken requests in the API's error shape.

    gunicorn lingers up to two seconds on a connection it closes, in case the client is still sending, and does so in
    the only thread that accepts and dispatches: a few stalled clients would make everyone wait.
    """

    def init_process(self) -> None:
        """Start the worker, with a short log."""
        self.log.error_log.addFilter(_told_shortly)
        super().init_process()

    def handle(self, conn: TConn) -> object:
        """Answer one request in its own thread; false if the connection was closed afterwards."""
        outcome = super().handle(conn)
        if not outcome:
            conn.close(graceful=True)
        return outcome

    def finish_request(self, conn: TConn, fs: Future[object]) -> None:
        """Keep the connection open if `handle` did, in the accepting thread; a closed one is only uncounted."""
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
        else:
            self.nr_conns -= 1

    def handle_error(self, _: object, client: socket.socket, address: tuple[str, int], failure: Exception) -> None:
        """Replaces gunicorn's own, which answers in HTML and repeats the request there and in the log."""
        if broken_requests.is_the_clients(failure):
            self.log.warning("No request: %s from %s", type(failure).__name__, address[0])
        else:
            self.log.error("A request could not be handled", exc_info=failure)
        try:
            broken_requests.answer(client, failure)
        except OSError:
            self.log.debug("The client is gone")


def _told_shortly(record: logging.LogRecord) -> bool:
    """Shorten the record about a stalled client to one line."""
    if record.exc_info and isinstance(record.exc_info[1], BlockingIOError):
        record.levelno, record.levelname = logging.INFO, logging.getLevelName(logging.INFO)
        record.msg, record.args, record.exc_info = "A client stalled mid-request; its connection was closed", None, None
    return True
