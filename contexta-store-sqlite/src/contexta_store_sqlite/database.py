"""One SQLite file that many threads and processes use: short transactions, turns to write, patience, forks."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from contexta.errors import LifecycleError, ReadOnlyStoreError, SchemaVersionError
from contexta.log import filesystem, forks
from contexta.log.failures import write_failure
from contexta_store_sqlite.failures import BUSY, failure, is_about_space, primary_code
from contexta_store_sqlite.turns import WriteTurns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from contexta.spi.context import OpenContext
    from contexta_store_sqlite.options import SQLiteOptions

__all__ = ["Connection", "Database"]

Connection = sqlite3.Connection
_Answer = TypeVar("_Answer")

_PAUSE_SECONDS = 0.005
#: Connections that a child of a fork has inherited: they are the parent's, and must not be closed here.
_inherited: list[Connection] = []


class Database:
    """The database of one plane.

    The file is made by the first write.  All methods may be called from any thread; a forked child opens a connection
    of its own.

    Args:
        context: The surroundings of the store.
        options: How the database is kept.
        name: Name of the file below the root.
        version: The version of the schema; the file's ``user_version``.
        create: Makes the tables in a new file.
    """

    def __init__(
        self,
        context: OpenContext,
        options: SQLiteOptions,
        *,
        name: str,
        version: int,
        create: Callable[[Connection], None],
    ) -> None:
        self.path: Path = context.root / name
        self._read_only = context.read_only
        # NORMAL survives the death of the process, not a loss of power; a sync within 50 ms is no mode of SQLite's,
        # so the mode `interval` gets what is stronger.
        self._synchronous = "NORMAL" if context.durability == "flush" else "FULL"
        self._options = options
        self._version = version
        self._create = create
        self._connection: Connection | None = None
        self._closed = False
        self._takes_any_version = False
        self._turns = WriteTurns(context.root / "writing.lock")
        self._lock = threading.RLock()
        forks.register(self, level=1)

    # -- work -----------------------------------------------------------------------------------------------------

    def read(self, work: Callable[[Connection], _Answer], *, action: str) -> _Answer | None:
        """Do something with one state of the database.

        Args:
            work: What to do; it may be done again, and changes nothing.
            action: The same in words, for errors.

        Returns:
            What it returned; None where there is no database yet.

        Raises:
            LifecycleError: The store was closed (``sqlite_store_closed``).
            SchemaVersionError: The file was made by another version.
            StoreAccessError: The database cannot be read.
        """
        with self._lock:
            self.check_open()
            return self._patiently(lambda: self._read(work), action)

    def write(self, work: Callable[[Connection], _Answer], *, action: str) -> _Answer:
        """Do something in one transaction, alone among all processes; durable when this returns.

        Args:
            work: What to do; it may be done again after everything was rolled back.
            action: The same in words, for errors.

        Returns:
            What it returned.

        Raises:
            LifecycleError: The store was closed (``sqlite_store_closed``).
            ReadOnlyStoreError: The store is open for reading (``sqlite_store_read_only``).
            SchemaVersionError: The file was made by another version.
            StorageFullError: There is no space; nothing was changed.
            StoreAccessError: The database cannot be written.
        """
        with self._lock:
            self.check_writable(action)
            with self._turns.turn():
                return self._patiently(lambda: self._transaction("IMMEDIATE", work), action)

    def outside_transactions(self, work: Callable[[Connection], _Answer], *, action: str) -> _Answer:
        """Do something that SQLite does not do within a transaction, such as a checkpoint; as :meth:`write`."""
        with self._lock:
            self.check_writable(action)
            with self._turns.turn():
                return self._patiently(lambda: work(self._connected()), action)

    def read_any_version(self, work: Callable[[Connection], _Answer], *, action: str) -> _Answer | None:
        """As :meth:`read`, also for a file that another version made: for what knows the versions."""
        with self._lock, self._of_any_version():
            return self.read(work, action=action)

    def write_any_version(self, work: Callable[[Connection], _Answer], *, action: str) -> _Answer:
        """As :meth:`write`, also for a file that another version made: for what knows the versions."""
        with self._lock, self._of_any_version():
            return self.write(work, action=action)

    @contextmanager
    def _of_any_version(self) -> Iterator[None]:
        self._disconnect()
        self._takes_any_version = True
        try:
            yield
        finally:
            self._takes_any_version = False
            self._disconnect()

    def write_copy(self, directory: Path) -> None:
        """Write a consistent copy of the database, beside readers and writers; nothing where there is none.

        Args:
            directory: Where; the copy has the name of the file.

        Raises:
            StorageFullError: There is no space.
            StoreAccessError: The database cannot be read, or the copy not written.
        """
        target = directory / self.path.name

        def copy(connection: Connection) -> bool:
            copied = sqlite3.connect(target)
            try:
                connection.backup(copied)
            except sqlite3.Error as error:
                # The copy may be on another disk than the database.
                if is_about_space(error, target):
                    raise failure(error, target, "copy the database") from error
                raise
            finally:
                copied.close()
            return True

        with self._lock:
            self.check_open()
            if self.path.exists():
                try:
                    os.close(filesystem.create_file(target))
                except OSError as error:
                    raise write_failure(error, target, "copy the database") from error
                self._patiently(lambda: copy(self._connected(for_reading=True)), "copy the database")

    def check_writable(self, action: str) -> None:
        """Refuse a change of a store that is closed or open for reading."""
        self.check_open()
        if self._read_only:
            raise ReadOnlyStoreError(
                f"Could not {action}: the store in {self.path.parent} is open for reading only; open it for writing.",
                code="sqlite_store_read_only",
                details={"path": str(self.path)},
            )

    def check_open(self) -> None:
        """Refuse to work on a store that was closed."""
        if self._closed:
            raise LifecycleError(
                f"The store in {self.path.parent} was closed; open it again to go on.",
                code="sqlite_store_closed",
            )

    def exists(self) -> bool:
        """Tell whether there is a file."""
        return self.path.exists()

    def close(self) -> None:
        """Let go of the connection; closing twice is harmless."""
        with self._lock:
            self._closed = True
            if self._connection is not None:
                self._disconnect()
            self._turns.close()

    # -- forks ----------------------------------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Wait for the transaction of another thread."""
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Leave the connection to the parent: SQLite's do not survive a fork."""
        self._lock = threading.RLock()
        if self._connection is not None:
            _inherited.append(self._connection)
            self._connection = None
        self._turns.close()

    # -- connections ----------------------------------------------------------------------------------------------

    def _read(self, work: Callable[[Connection], _Answer]) -> _Answer | None:
        if self._connection is None and not self.path.exists():
            return None
        connection = self._connected(for_reading=True)
        if self._user_version(connection) == 0:
            # Somebody is just making it.
            self._disconnect()
            return None
        return self._transaction("DEFERRED", work)

    def _transaction(self, kind: str, work: Callable[[Connection], _Answer]) -> _Answer:
        connection = self._connected(for_reading=kind == "DEFERRED")
        connection.execute(f"BEGIN {kind}")
        try:
            answer = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            raise
        return answer

    def _patiently(self, work: Callable[[], _Answer], action: str) -> _Answer:
        """Do something again while another program is in the way."""
        end = time.monotonic() + self._options.busy_timeout_seconds
        while True:
            try:
                return work()
            except (sqlite3.Error, UnicodeError) as error:
                if primary_code(error) in BUSY and time.monotonic() < end:
                    time.sleep(_PAUSE_SECONDS)
                    continue
                # What a failed write leaves in a connection is not worth knowing.
                self._disconnect()
                raise failure(error, self.path, action) from error

    def _connected(self, *, for_reading: bool = False) -> Connection:
        if self._connection is None:
            if not for_reading and not self.path.exists():
                self._make_file()
            connection = self._open()
            try:
                self._prepare(connection, for_reading=for_reading)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        elif not for_reading and self._user_version(self._connection) == 0:
            self._make_tables(self._connection)
        return self._connection

    def _open(self) -> Connection:
        """Open a connection; one that may write also for readers, for only such can mend what a killed writer left."""
        attempts = ("mode=rw", "mode=ro", "mode=ro&immutable=1") if self._read_only else ("mode=rw",)
        for number, attempt in enumerate(attempts, start=1):
            connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?{attempt}",
                uri=True,
                timeout=self._options.busy_timeout_seconds,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except (sqlite3.Error, UnicodeError) as error:
                connection.close()
                if number == len(attempts) or not isinstance(error, sqlite3.OperationalError):
                    raise
            else:
                return connection
        raise AssertionError  # pragma: no cover - the last attempt returns or raises

    def _make_file(self) -> None:
        """Make an empty file that only its owner may read; SQLite gives its other files the same mode."""
        try:
            filesystem.create_private_directory(self.path.parent)
            with suppress(FileExistsError):
                os.close(filesystem.create_file(self.path))
            filesystem.sync_directory(self.path.parent)
        except OSError as error:
            raise write_failure(error, self.path, "make the database") from error

    def _prepare(self, connection: Connection, *, for_reading: bool) -> None:
        connection.execute("PRAGMA trusted_schema = OFF")
        if self._read_only:
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        if not for_reading and self._user_version(connection) == 0:
            self._make_tables(connection)
        found = self._user_version(connection)
        if found not in {0, self._version} and not self._takes_any_version:
            raise SchemaVersionError(
                f"{self.path} has the schema version {found}, and this version of the store reads {self._version}; use"
                " the version of Contexta that made it, or a later one.",
                code="sqlite_schema_version_unsupported",
                details={"found": found, "supported": self._version},
            )

    def _make_tables(self, connection: Connection) -> None:
        """Make the tables; the caller has the turn to write, so nobody else does."""
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute(f"PRAGMA journal_mode = {self._options.journal_mode}")
        connection.execute("BEGIN IMMEDIATE")
        try:
            if self._user_version(connection) == 0:
                self._create(connection)
                connection.execute(f"PRAGMA user_version = {self._version}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            raise

    @staticmethod
    def _user_version(connection: Connection) -> int:
        [version] = connection.execute("PRAGMA user_version").fetchone()
        return int(version)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()
