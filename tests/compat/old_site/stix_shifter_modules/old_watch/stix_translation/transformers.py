"""The connector's own transformer."""

from stix_shifter_utils.stix_translation.src.utils.transformers import ValueTransformer


class ShoutingName(ValueTransformer):
    @staticmethod
    def transform(obj):
        return obj.upper()
