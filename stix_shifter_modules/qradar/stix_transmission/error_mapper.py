"""What the statuses of QRadar's Ariel API mean, where they mean more than to everybody.

From the "Ariel" endpoints of the API documents 14.0 to 19.0: 404 has code 1002, 422 has 2000 (AQL) or 1005.
"""

from stix_shifter_utils.errors import QueryRejectedError, SearchNotFoundError, TransmissionError
from stix_shifter_utils.utils.error_mapper_base import ErrorMapperBase


class ErrorMapper(ErrorMapperBase):
    """By HTTP status; 401, 403, 429 and 5xx are known to the client."""

    STATUSES: dict[int, type[TransmissionError]] = {404: SearchNotFoundError, 422: QueryRejectedError}
