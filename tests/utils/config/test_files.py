"""Configuration files: merged, the connector winning, cached until a change; and where connectors are."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from stix_shifter_utils.config import installed_modules, module_config, module_folder, module_labels
from stix_shifter_utils.config.files import deep_merge
from stix_shifter_utils.errors import MappingFileError, UnsupportedDataSourceError


def test_the_connectors_own_value_wins_over_the_common_one(make_connector: Any) -> None:
    own = {
        "connection": {"options": {"result_limit": {"type": "number", "default": 7, "max": 10}}},
        "configuration": {},
    }
    merged = module_config(make_connector({"configuration/config.json": own}))
    limit = merged["connection"]["options"]["result_limit"]
    assert (limit["default"], limit["max"], limit["min"]) == (7, 10, 1)
    assert merged["connection"]["options"]["batch_size"]["default"] == 2000


def test_merging_leaves_both_sides_as_they_were() -> None:
    base, over = {"a": {"b": 1}}, {"a": {"c": 2}}
    assert deep_merge(base, over) == {"a": {"b": 1, "c": 2}}
    assert (base, over) == ({"a": {"b": 1}}, {"a": {"c": 2}})


def test_callers_get_a_copy_of_their_own(make_connector: Any) -> None:
    name = make_connector()
    module_config(name)["connection"].clear()
    assert module_config(name)["connection"]


def test_a_changed_file_is_read_again(make_connector: Any) -> None:
    name = make_connector()
    path = module_folder(name) / "configuration" / "config.json"
    assert "extra" not in module_config(name)["connection"]
    path.write_text(json.dumps({"connection": {"extra": {"type": "text"}}}))
    os.utime(path, ns=(1, 1))
    assert "extra" in module_config(name)["connection"]


def test_an_unchanged_file_is_read_once(make_connector: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    name = make_connector()
    first = module_config(name)
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: pytest.fail("read again"))
    assert module_config(name) == first


@pytest.mark.parametrize("text", ["{", "[]", "", '{"connection": ', "\x00"])
def test_a_broken_configuration_file_is_named(make_connector: Any, text: str) -> None:
    name = make_connector({"configuration/config.json": text})
    with pytest.raises(MappingFileError, match=r"config\.json"):
        module_config(name)


def test_labels_are_merged_like_the_configuration(make_connector: Any) -> None:
    labels = module_labels(
        make_connector({"configuration/lang_en.json": {"connection": {"host": {"label": "Box"}}}})
    )
    assert labels["connection"]["host"]["label"] == "Box"
    assert labels["connection"]["options"]["timeout"]["label"]
    assert labels["connection"]["options"]["same_object"]["label"]


def _leaves(section: dict[str, Any], path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found = set()
    for key, value in section.items():
        if isinstance(value, dict):
            inner = (*path, key)
            found |= (
                _leaves(value, inner) if any(isinstance(one, dict) for one in value.values()) else {inner}
            )
    return found


def test_every_common_and_core_option_has_a_label(make_connector: Any) -> None:
    name = make_connector()
    wanted = _leaves(module_config(name)["connection"]["options"])
    assert wanted <= _leaves(module_labels(name)["connection"]["options"])


def test_a_packaged_default_of_the_mapping_is_not_used_where_there_are_mapping_files(
    make_connector: Any,
) -> None:
    from stix_shifter_utils.config import validate

    packaged = {"connection": {"options": {"mapping": {"type": "json", "default": {"to_stix_map": {}}}}}}
    with_files = make_connector(
        {"configuration/config.json": packaged, "stix_translation/json/to_stix_map.json": {"a": 1}}
    )
    without_files = make_connector({"configuration/config.json": packaged})
    assert "mapping" not in validate(with_files, {}, "connection.options")
    assert validate(without_files, {}, "connection.options")["mapping"] == {"to_stix_map": {}}


def test_connectors_are_found_on_every_path_of_the_namespace(make_connector: Any) -> None:
    first, second = make_connector(), make_connector()
    assert {first, second} <= set(installed_modules())
    assert installed_modules() == sorted(installed_modules())
    assert module_folder(second).name == second


def test_a_skipped_connector_is_not_listed_but_can_be_used(make_connector: Any) -> None:
    name = make_connector({"SKIP.ME": ""})
    assert name not in installed_modules()
    assert module_folder(name).is_dir()


def test_folders_that_are_no_connectors_are_not_listed(namespace_folder: Path) -> None:
    (namespace_folder / "tiny_notes").mkdir()
    (namespace_folder / "__pycache__").mkdir()
    assert not {"tiny_notes", "__pycache__"} & set(installed_modules())


@pytest.mark.parametrize("name", ["", "..", "../etc", "a.b", "a/b", "tiny nothing", "os", "nöt"])
def test_names_that_are_no_connectors_are_unsupported(name: str) -> None:
    with pytest.raises(UnsupportedDataSourceError, match="is an unsupported data source"):
        module_folder(name)


def test_a_package_that_registers_an_entry_point_is_a_connector(
    tmp_path: Path, make_connector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_connector()
    package = tmp_path / "lib" / "acme_connectors" / "watch"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "entry_point.py").write_text(
        "from stix_shifter_utils.connector import BaseEntryPoint\nclass EntryPoint(BaseEntryPoint): pass\n"
    )
    info = tmp_path / "lib" / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[stix_shifter.connectors]\nacme_watch = acme_connectors.watch.entry_point\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    from stix_shifter_utils.connector import load_entry_point

    assert "acme_watch" in installed_modules()
    assert module_folder("acme_watch") == package
    assert load_entry_point("acme_watch")().module == "acme_watch"
