"""How gunicorn serves: threads, none of which waits for one client at the expense of the others."""

import logging
from concurrent.futures import Future

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]


class PatientThreads(ThreadWorker):  # type: ignore[misc]
    """Closes connections in the thread that answered.

    gunicorn lingers up to two seconds on a connection it closes, in case the client is still sending, and does so in
    the only thread that accepts and dispatches: a few stalled clients would make everyone wait.
    """

    def init_process(self) -> None:
        """Begin as gunicorn does, with a shorter log of clients that stop half-way."""
        self.log.error_log.addFilter(_told_shortly)
        super().init_process()

    def handle(self, conn: TConn) -> object:
        """Answer one request; close the connection here unless it is kept."""
        outcome = super().handle(conn)
        if not outcome:
            conn.close(graceful=True)
        return outcome

    def finish_request(self, conn: TConn, fs: Future[object]) -> None:
        """Count a connection that `handle` has closed as gone; leave every other to gunicorn."""
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
        else:
            self.nr_conns -= 1


def _told_shortly(record: logging.LogRecord) -> bool:
    """Shorten the record about a stalled client to one line."""
    if record.exc_info and isinstance(record.exc_info[1], BlockingIOError):
        record.levelno, record.levelname = logging.INFO, logging.getLevelName(logging.INFO)
        record.msg, record.args, record.exc_info = "A client stalled mid-request; its connection was closed", None, None
    return True
