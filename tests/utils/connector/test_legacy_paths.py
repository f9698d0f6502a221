"""Import paths of earlier releases: the same module objects, nothing loaded before it is asked for."""

import importlib
import subprocess
import sys

import pytest

from stix_shifter_utils import legacy

NAMES = [
    ("utils.base_entry_point", "BaseEntryPoint"),
    ("utils.error_response", "ErrorResponder"),
    ("utils.error_response", "ErrorCode"),
    ("utils.error_mapper_base", "ErrorMapperBase"),
    ("utils.async_utils", "run_in_thread"),
    ("utils.logger", "set_logger"),
    ("utils.file_helper", "read_json"),
    ("utils.module_discovery", "modules_list"),
    ("utils.module_discovery", "process_dialects"),
    ("utils.module_discovery", "dialect_list"),
    ("utils.param_validator", "param_validator"),
    ("utils.param_validator", "modernize_objects"),
    ("utils.param_validator", "get_merged_config"),
    ("modules.base.stix_translation.base_query_translator", "BaseQueryTranslator"),
    ("modules.base.stix_translation.base_results_translator", "BaseResultTranslator"),
    ("modules.base.stix_translation.empty_query_translator", "EmptyQueryTranslator"),
    ("modules.base.stix_transmission.base_json_sync_connector", "BaseJsonSyncConnector"),
    ("modules.base.stix_transmission.base_sync_connector", "BaseSyncConnector"),
    ("modules.base.stix_transmission.base_json_connector", "BaseJsonConnector"),
    ("modules.base.stix_transmission.base_json_results_connector", "BaseJsonResultsConnector"),
    ("modules.base.stix_transmission.base_json_results_connector", "BaseResultsConnector"),
    ("modules.base.stix_transmission.base_results_connector", "BaseResultsConnector"),
    ("modules.base.stix_transmission.base_delete_connector", "BaseDeleteConnector"),
    ("modules.base.stix_transmission.base_ping_connector", "BasePingConnector"),
    ("modules.base.stix_transmission.base_status_connector", "BaseStatusConnector"),
    ("modules.base.stix_transmission.base_status_connector", "Status"),
    ("modules.base.stix_transmission.base_query_connector", "BaseQueryConnector"),
    ("modules.base.stix_transmission.base_connector", "BaseQueryConnector"),
    ("stix_translation.src.json_to_stix.json_to_stix", "JSONToStix"),
    ("stix_translation.src.json_to_stix.json_to_stix_translator", "convert_to_stix"),
    ("stix_translation.src.utils.transformer_utils", "get_module_transformers"),
    ("stix_translation.src.utils.exceptions", "DataMappingException"),
    ("stix_translation.src.utils.exceptions", "TranslationResultException"),
    ("stix_translation.src.utils.exceptions", "LoadJsonResultsException"),
    ("stix_translation.src.patterns.errors", "SearchFeatureNotSupportedError"),
    ("stix_translation.src.patterns.pattern_objects", "Pattern"),
    ("stix_translation.src.patterns.pattern_objects", "ObservationExpression"),
    ("stix_translation.src.patterns.pattern_objects", "ComparisonExpression"),
    ("stix_translation.src.patterns.pattern_objects", "ComparisonComparators"),
    ("stix_translation.src.patterns.pattern_objects", "CombinedComparisonExpression"),
    ("stix_translation.src.patterns.pattern_objects", "CombinedObservationExpression"),
    ("stix_translation.src.patterns.pattern_objects", "ComparisonExpressionOperators"),
    ("stix_translation.src.patterns.pattern_objects", "ObservationOperators"),
    ("stix_translation.src.patterns.pattern_objects", "StartStopQualifier"),
    ("stix_translation.src.patterns.pattern_objects", "SetValue"),
    ("stix_translation.src.patterns.pattern_objects", "BaseQualifier"),
]


@pytest.mark.parametrize(("path", "name"), NAMES)
def test_every_name_is_where_connectors_look_for_it(path: str, name: str) -> None:
    assert hasattr(importlib.import_module(f"stix_shifter_utils.{path}"), name)


@pytest.mark.parametrize(("old", "new"), legacy.MOVED.items())
def test_old_and_new_path_are_one_module_that_keeps_its_identity(old: str, new: str) -> None:
    module = importlib.import_module(new)
    assert importlib.import_module(old) is module
    assert sys.modules[old] is module
    assert (module.__name__, getattr(module.__spec__, "name", None)) == (new, new)


def test_old_paths_work_in_every_form_of_import() -> None:
    code = (
        "import stix_shifter_utils.modules.base.stix_transmission.base_status_connector as whole\n"
        "from stix_shifter_utils.modules.base.stix_transmission import base_status_connector\n"
        "from stix_shifter_utils.modules.base.stix_transmission.base_status_connector import Status\n"
        "from stix_shifter_utils.transmission import Status as new\n"
        "assert whole is base_status_connector and Status is new\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_no_target_of_the_table_is_a_path_of_the_table() -> None:
    assert not set(legacy.MOVED) & set(legacy.MOVED.values())


def test_what_was_never_there_is_not_found() -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("stix_shifter_utils.modules.base.nothing")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("stix_shifter_utils.utils.utils.error_response")


def test_the_finder_is_last_and_there_once() -> None:
    legacy.install()
    finders = [finder for finder in sys.meta_path if isinstance(finder, legacy.LegacyFinder)]
    assert len(finders) == 1
