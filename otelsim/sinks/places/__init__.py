"""Where files are kept: a local folder, a bucket, or a file system that pyarrow knows; each file appears whole.

``interface``  what a place can do, and a file in the making
``uris``       what the user names: paths and URIs, whose secrets are never shown
``local``      a folder
``s3``         a bucket of anything that speaks S3
``arrow``      gs:// and hdfs://, through pyarrow.fs
"""

from otelsim.sinks.places.finding import place_of
from otelsim.sinks.places.interface import Place, Upload, put, whole

__all__ = ["Place", "Upload", "place_of", "put", "whole"]
