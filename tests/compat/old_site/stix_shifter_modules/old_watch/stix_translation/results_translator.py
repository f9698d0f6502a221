"""An own results translator that works on what the shared one made."""

from stix_shifter_utils.stix_translation.src.json_to_stix.json_to_stix import JSONToStix


class ResultsTranslator(JSONToStix):
    def translate_results(self, data_source, data):
        bundle = super().translate_results(data_source, data)
        bundle["x_rows"] = len(data)
        return bundle
