"""How gunicorn serves: threads, of which none waits for a client at the expense of all others."""

import logging
import socket
from concurrent.futures import Future

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from auth_service.http import broken_requests


class PatientThreads(ThreadWorker):  # type: ignore[misc]
    """Closes connections in the thread that answered, and refuses what is no request as the API refuses all else.

    gunicorn lingers up to two seconds on a connection that it closes, for a client that still sends, and does so in the
    one thread that accepts and dispatches: a few clients that stop half-way would have everybody wait.
    """

    def init_process(self) -> None:
        """Start the worker, its log kept short."""
        self.log.error_log.addFilter(_told_shortly)
        super().init_process()

    def handle(self, conn: TConn) -> object:
        """Answer one request, in a thread of its own; false where the connection was closed afterwards."""
        outcome = super().handle(conn)
        if not outcome:
            conn.close(graceful=True)
        return outcome

    def finish_request(self, conn: TConn, fs: Future[object]) -> None:
        """Keep the connection open where `handle` did, in the thread that accepts; a closed one is only counted out."""
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
        else:
            self.nr_conns -= 1

    def handle_error(self, _: object, client: socket.socket, address: tuple[str, int], failure: Exception) -> None:
        """In place of gunicorn's own, which answers in HTML, and repeats in it and in the log what was sent."""
        if broken_requests.is_the_clients(failure):
            self.log.warning("No request: %s from %s", type(failure).__name__, address[0])
        else:
            self.log.error("A request could not be handled", exc_info=failure)
        try:
            broken_requests.answer(client, failure)
        except OSError:
            self.log.debug("The client is gone")


def _told_shortly(record: logging.LogRecord) -> bool:
    """Of a client that stopped half-way one line says enough."""
    if record.exc_info and isinstance(record.exc_info[1], BlockingIOError):
        record.levelno, record.levelname = logging.INFO, logging.getLevelName(logging.INFO)
        record.msg, record.args, record.exc_info = "A client stopped half-way; its connection was closed", None, None
    return True
