"""Running a search on a source: the model, the flows, paging, and the declared API client."""

from stix_shifter_utils.transmission.model import Page, Progress, Record, SearchHandle, Status

__all__ = ["Page", "Progress", "Record", "SearchHandle", "Status"]
