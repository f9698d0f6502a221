"""What the statuses of Splunk mean, where they mean more than to everybody (REST API Reference, 10.0)."""

from stix_shifter_utils.errors import QueryRejectedError, SearchNotFoundError, TransmissionError
from stix_shifter_utils.utils.error_mapper_base import ErrorMapperBase


class ErrorMapper(ErrorMapperBase):
    """400: the search cannot be parsed; 404: the job is unknown, deleted or past its time to live."""

    STATUSES: dict[int, type[TransmissionError]] = {400: QueryRejectedError, 404: SearchNotFoundError}
