"""tensorboardX.record_writer: TFRecord files, and who opens them where the path is no local one."""

from __future__ import annotations

import importlib.util
import io
import os
import struct
from typing import Any

from ringboard import remote
from ringboard._native import crc32c

REGISTERED_FACTORIES = remote.FACTORIES


def register_writer_factory(prefix: str, factory: Any) -> None:
    """Has log directories that begin with `prefix` + ":" written through a factory.

    Args:
        prefix: without a colon.
        factory: `open(path)` gives an object with write(bytes), flush() and close();
            `directory_check(path)` is called before.

    Raises:
        ValueError: prefix holds a colon.
    """
    remote.register_factory(prefix, factory)


def directory_check(path: str) -> None:
    """Makes a log directory, or asks its factory to."""
    factory = REGISTERED_FACTORIES.get(path.partition(":")[0])
    if factory is not None:
        factory.directory_check(path)
    else:
        os.makedirs(path, exist_ok=True)


def open_file(path: str) -> Any:
    """A new file, local or of the path's factory: an object with write, flush and close."""
    factory = REGISTERED_FACTORIES.get(path.partition(":")[0])
    return open(path, "wb") if factory is None else factory.open(path)


class RecordWriter:
    """Writes records, each framed by its length and two checksums.

    Args:
        path: the file; what was in it is gone.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path
        self._writer = open_file(os.fspath(path))

    def write(self, data: bytes) -> None:
        """Writes one record."""
        length = struct.pack("<Q", len(data))
        checks = (struct.pack("<I", crc32c.mask(crc32c.value(part))) for part in (length, data))
        self._writer.write(length + next(checks) + data + next(checks))

    def write_framed(self, record: bytes) -> None:
        """Writes a record that has its frame already."""
        self._writer.write(record)

    def flush(self) -> None:
        """Has the file on disk."""
        self._writer.flush()
        if hasattr(self._writer, "fileno"):
            os.fsync(self._writer.fileno())

    def close(self) -> None:
        """Closes the file."""
        self._writer.close()


def masked_crc32c(data: bytes) -> int:
    """The checksum of a TFRecord."""
    return crc32c.mask(crc32c.value(data))


# --- object stores ------------------------------------------------------------------------------------


def _has(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # its parent is missing; or it was put into sys.modules by hand
        return False


def _bucket_and_path(url: str) -> tuple[str, str]:
    bucket, _, path = url.partition("://")[2].partition("/")
    return bucket, path


class _Whole:
    """An object that is uploaded whole at each flush."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.buffer = io.BytesIO()
        self.closed = False

    def bucket_and_path(self) -> tuple[str, str]:
        """The two parts of the URL."""
        return _bucket_and_path(self.path)

    def write(self, val: bytes) -> None:
        """Takes bytes, for the next flush."""
        self.buffer.write(val)

    def flush(self) -> None:
        """Uploads all that was written."""
        raise NotImplementedError

    def close(self) -> None:
        """A flush, the last one."""
        if not self.closed:
            self.flush()
            self.closed = True


class S3RecordWriter(_Whole):
    """An object in S3, through boto3; the environment's S3_ENDPOINT names another service than Amazon's.

    Raises:
        ImportError: boto3 is not installed.
    """

    def __init__(self, path: str) -> None:
        if not _has("boto3"):
            raise ImportError(f"{path!r}: {S3RecordWriterFactory.needs}")
        super().__init__(path)

    def flush(self) -> None:
        """Uploads all that was written."""
        import boto3

        client = boto3.client("s3", endpoint_url=os.environ.get("S3_ENDPOINT"))
        client.upload_fileobj(io.BytesIO(self.buffer.getvalue()), *self.bucket_and_path())


class S3RecordWriterFactory:
    """Opens s3:// URLs."""

    needs = "S3 needs boto3, which is missing: pip install boto3"

    def usable(self) -> bool:
        """Whether boto3 is there.  (If not, fsspec is asked.)"""
        return _has("boto3")

    def open(self, path: str) -> S3RecordWriter:
        """A new object."""
        return S3RecordWriter(path)

    def directory_check(self, path: str) -> None:
        """There are no directories."""


class GCSRecordWriter(_Whole):
    """An object in Google Cloud Storage, through google-cloud-storage.

    Raises:
        ImportError: google-cloud-storage is not installed.
    """

    def __init__(self, path: str) -> None:
        if not _has("google.cloud.storage"):
            raise ImportError(f"{path!r}: {GCSRecordWriterFactory.needs}")
        super().__init__(path)
        from google.cloud import storage

        bucket, name = self.bucket_and_path()
        self.blob = storage.Client().bucket(bucket).blob(name)

    def flush(self) -> None:
        """Uploads all that was written."""
        # With the generation that was uploaded last, so that the library may repeat a failed call.
        self.blob.upload_from_string(self.buffer.getvalue(), if_generation_match=self.blob.generation)


class GCSRecordWriterFactory:
    """Opens gs:// URLs."""

    needs = "gs:// needs google-cloud-storage, which is missing: pip install google-cloud-storage"

    def usable(self) -> bool:
        """Whether google-cloud-storage is there.  (If not, fsspec is asked.)"""
        return _has("google.cloud.storage")

    def open(self, path: str) -> GCSRecordWriter:
        """A new object."""
        return GCSRecordWriter(path)

    def directory_check(self, path: str) -> None:
        """There are no directories."""


REGISTERED_FACTORIES.setdefault("s3", S3RecordWriterFactory())
REGISTERED_FACTORIES.setdefault("gs", GCSRecordWriterFactory())
