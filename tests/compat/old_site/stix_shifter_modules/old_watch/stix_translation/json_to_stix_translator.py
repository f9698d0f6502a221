"""The copy of a results engine that a wheel of earlier releases carries."""

from stix_shifter_utils.stix_translation.src.json_to_stix import id_contributing_properties, observable
from stix_shifter_utils.utils.helpers import StixObjectId, dict_merge

from stix_shifter_utils.utils.logger import last_tb_to_string, set_logger

LOGGER = set_logger(__name__)
NEEDED = (id_contributing_properties.properties, observable.properties, last_tb_to_string, dict_merge)


def convert_to_stix(data_source, map_data, data, transformers, options, callback=None):
    first = StixObjectId("file--0")
    bundle = {"type": "bundle", "id": "bundle--0", "objects": [data_source, {"id": first, "rows": len(data)}]}
    first.update("file--1")
    return bundle
