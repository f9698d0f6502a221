"""How a STIX value follows from a native one. Each transformer names its relation; the query side inverts it.

Only the names live here: transformers are in `results.transformers`, the inversion is in `query`.
"""

from __future__ import annotations

import enum


class Relation(enum.Enum):
    """What a comparison of the STIX value says about the native value.

    *Exact* below: the compiler can write a native comparison that says just the same; *superset*:
    the native comparison asks for more and rows are checked here; *local*: nothing is sent.
    """

    __hash__ = object.__hash__  # members are single: hashing them need not leave C

    IDENTITY = "identity"
    """The native value is the STIX value, unchanged. Exact for every comparator."""

    INTEGER = "integer"
    """A number, or its decimal text; the STIX value is the integer part of it (`5`, `"5"`, `5.9` -> 5)."""

    STRING = "string"
    """A number or boolean becomes its text (`443` -> `"443"`); text stays as it is."""

    EPOCH_MS = "epoch_ms"
    """Milliseconds since 1970-01-01T00:00:00Z, as number or decimal text, become a timestamp."""

    EPOCH_S = "epoch_s"
    """Seconds since 1970-01-01T00:00:00Z, whole or with a fraction, number or text, become a timestamp."""

    TIMESTAMP = "timestamp"
    """A date and time that the source spells in its own way becomes a timestamp: the same instant."""

    LOWERCASE = "lowercase"
    """Text, folded to lower case. The native comparison has to ignore case."""

    LOWERCASE_LIST = "lowercase_list"
    """Text divided at commas, or a list, becomes a list of lower-case texts. The native value holds each."""

    FILE_NAME = "file_name"
    """The last part of a path, behind the last `/` or `\\`. Native values that end with it are a superset."""

    DIRECTORY_PATH = "directory_path"
    """A path without its last part and separator (a root keeps it). Values that start so are a superset."""

    FILE_PATH = "file_path"
    """A path without its last part, its separator kept. Native values that start so are a superset."""

    BASE64 = "base64"
    """Text becomes the Base64 of its UTF-8. `=`, `!=`, IN decode exactly; any other comparator is local."""

    DOMAIN_OF_URL = "domain_of_url"
    """The host of a URL, in lower case. Native values that hold it, in any case, are a superset."""

    IPV4_ONLY = "ipv4_only"
    """The native value (or each item of a list) where it is an IPv4 address, else nothing. Exact for such."""

    IPV6_ONLY = "ipv6_only"
    """The native value (or each item of a list) where it is an IPv6 address, else nothing. Exact for such."""

    TO_LIST = "to_list"
    """One value becomes a list of this value: comparing any item compares the native value. Exact."""

    FIRST_OF_LIST = "first_of_list"
    """The first item of a list; a value that is no list stays. Comparing any item natively is a superset."""

    BOOLEAN = "boolean"
    """Words such as `yes`, `true`, `t`, `1` (any case) become true, every other text false."""

    CONSTANT = "constant"
    """The STIX value is the same whatever the native value, which only has to be present."""

    OPAQUE = "opaque"
    """Nothing is known: the comparison is local."""
