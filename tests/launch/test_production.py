"""What can be checked of the production files without an engine."""

import re
import subprocess

import pytest
import yaml

from shop.launch.places import ROOT

OUR_SERVICES = {"migrate", "web", "worker", "beat"}


@pytest.fixture(scope="module")
def compose() -> dict[str, dict[str, dict[str, object]]]:
    loaded: dict[str, dict[str, dict[str, object]]] = yaml.safe_load(
        (ROOT / "docker-compose.yml").read_text("utf-8")
    )
    return loaded


def test_every_part_is_there(compose: dict[str, dict[str, dict[str, object]]]) -> None:
    assert set(compose["services"]) == OUR_SERVICES | {"database", "broker", "proxy"}


def test_only_the_proxy_is_open_to_the_world(
    compose: dict[str, dict[str, dict[str, object]]],
) -> None:
    assert [name for name, service in compose["services"].items() if "ports" in service] == [
        "proxy"
    ]


def test_nothing_waits_for_what_is_not_there(
    compose: dict[str, dict[str, dict[str, object]]],
) -> None:
    known = set(compose["services"])
    for name, service in compose["services"].items():
        awaited = service.get("depends_on", {})
        assert isinstance(awaited, dict)
        assert set(awaited) <= known, name
        for other, condition in awaited.items():
            if condition == {"condition": "service_healthy"}:
                assert "healthcheck" in compose["services"][other], other


def test_named_volumes_are_declared(compose: dict[str, dict[str, dict[str, object]]]) -> None:
    used = set()
    for service in compose["services"].values():
        volumes = service.get("volumes", [])
        assert isinstance(volumes, list)
        used |= {volume.split(":")[0] for volume in volumes if not volume.startswith(".")}
    assert used == set(compose["volumes"])


def test_settings_of_the_image_are_settings_of_the_shop(
    compose: dict[str, dict[str, dict[str, object]]],
) -> None:
    """A setting that nobody reads would be a promise that nobody keeps."""
    text = (ROOT / "shop" / "settings.py").read_text()
    read = set(re.findall(r'(?:env\.\w+|whole|web_address)\(\s*"(\w+)"', text))
    for name in OUR_SERVICES:
        given = compose["services"][name]["environment"]
        assert isinstance(given, dict)
        assert set(given) <= read


def test_image_has_neither_demo_nor_tools() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert "uv sync --frozen --no-default-groups" in dockerfile
    assert dockerfile.rindex("\nUSER shop") > dockerfile.rindex("\nFROM")


def test_no_file_names_a_package_registry() -> None:
    """People have their own mirrors; only the lock says where it looked."""
    hosts = "|".join(("pypi" + r"\.org", "pythonhosted" + r"\.org", "npmjs" + r"\.(org|com)"))
    command = ["git", "grep", "-lE", hosts, "--", ".", ":!uv.lock"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.stdout == ""
