"""The place that a path or a URI names."""

from pathlib import Path

from otelsim.sinks.places import uris
from otelsim.sinks.places.interface import Place
from otelsim.sinks.places.local import LocalPlace


def place_of(text: str | Path) -> Place:
    """A local path, or s3://bucket/prefix, gs://bucket/prefix, hdfs://host/path, file:///path.

    InputError for what is none of these; nothing is asked yet (see `Place.check`).
    """
    if isinstance(text, Path) or not uris.is_uri(text):
        return LocalPlace(Path(text), str(text))
    scheme = uris.scheme_of(text)
    if scheme == "file":
        return LocalPlace(uris.file_path(text), text)
    if scheme == "s3":
        from otelsim.sinks.places.s3 import S3Place

        return S3Place(uris.parsed_s3(text))
    from otelsim.sinks.places.arrow import ArrowPlace

    return ArrowPlace(uris.parsed_arrow(text))
