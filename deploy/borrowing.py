"""Commands share the embedded cluster: the first starts it, the last to leave stops it."""

import atexit
import fcntl
import os
from typing import IO

from deploy import postgres


def borrow(cluster: postgres.Cluster) -> IO[str]:
    """Have the cluster running until this process ends; the kernel frees the claim even after kill -9."""
    claim = claim_use(cluster)
    with postgres.starting(cluster):
        if postgres.running_pid(cluster) is None:
            postgres.prepare(cluster)
            postgres.start(cluster)
    atexit.register(_leave, cluster, claim, os.getpid())
    return claim


def claim_use(cluster: postgres.Cluster) -> IO[str]:
    """Say that the cluster is in use; waits while a last user is stopping it."""
    cluster.home.mkdir(parents=True, exist_ok=True)
    claim = (cluster.home / "users.lock").open("a")
    fcntl.flock(claim, fcntl.LOCK_SH)
    return claim


def last_to_leave(claim: IO[str]) -> bool:
    """Whether nobody else uses the cluster; if so, newcomers wait until `claim` is closed."""
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _leave(cluster: postgres.Cluster, claim: IO[str], borrower: int) -> None:
    # A forked child inherits this exit hook, but not the right to stop the server.
    if os.getpid() != borrower:
        return
    if last_to_leave(claim) and (pid := postgres.running_pid(cluster)) is not None:
        postgres.stop(pid)
    claim.close()
