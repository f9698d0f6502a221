"""What the statuses of Async Template mean, where they mean more than to everybody."""

from stix_shifter_utils.errors import QueryRejectedError, SearchNotFoundError, TransmissionError
from stix_shifter_utils.utils.error_mapper_base import ErrorMapperBase


class ErrorMapper(ErrorMapperBase):
    """By HTTP status; 401, 403, 429 and 5xx are known to the client."""

    STATUSES: dict[int, type[TransmissionError]] = {404: SearchNotFoundError, 422: QueryRejectedError}
