"""Calls as columns: the tables of spans, log records and points that Parquet files hold.

``schema``   the tables' columns, in order, each with what it says
``coding``   texts by code, and ids as bytes and digits, for whole columns
``known``    what a run's columns are looked up in
``batch``    the columns of some calls
``tables``   a table a signal
``names``    what files are called
``files``    tables into files, partitioned by signal and date
"""
