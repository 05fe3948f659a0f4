"""docker-compose.yml is whole, and what it mounts does what it says, as far as that can be tried without Docker."""

import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.home import CLONE
from config.settings import variable_names
from config.stack import temporal
from config.stack.ports import HOST, free_port
from config.stack.processes import Processes, wait_until
from config.stack.temporal_binary import find_binary

COMPOSE = CLONE / "docker-compose.yml"
SCRIPTS = CLONE / "config" / "compose"
ONE_SHOT = {"migrate", "temporal-schema", "temporal-namespace"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return dict(content["services"])


def test_the_client_accepts_it_where_it_is_installed() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True).returncode != 0:
        pytest.skip("no docker compose here")
    done = subprocess.run(
        [docker, "compose", "--file", str(COMPOSE), "config", "--quiet"],
        env={**os.environ, "POSTGRES_PASSWORD": "planted"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_every_lasting_service_has_a_health_check(services: dict[str, Any]) -> None:
    lasting = set(services) - ONE_SHOT
    assert [name for name in sorted(lasting) if "healthcheck" not in services[name]] == []


def test_everybody_waits_for_what_he_needs(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if needed in ONE_SHOT else "service_healthy"
            assert how["condition"] == wanted, f"{name} on {needed}"
    for name in ("web", "hub", "worker"):
        assert {"postgres", "redis", "temporal", "temporal-namespace", "migrate"} <= set(services[name]["depends_on"])


def test_images_are_pinned_to_a_version(services: dict[str, Any]) -> None:
    images = [service["image"] for service in services.values() if service["image"] != "doorbell"]
    assert [image for image in images if not re.search(r":\d+(\.\d+)*$", image)] == []


def test_our_processes_get_only_variables_that_we_know(services: dict[str, Any]) -> None:
    for name in ("web", "hub", "worker", "migrate"):
        unknown = set(services[name]["environment"]) - set(variable_names())
        assert unknown == set(), name


def test_http_and_the_hub_run_apart_and_orders_have_two_workers(services: dict[str, Any]) -> None:
    assert services["web"]["environment"]["DOORBELL_SERVE"] == "http"
    assert services["hub"]["environment"]["DOORBELL_SERVE"] == "hub"
    assert services["worker"]["deploy"]["replicas"] >= 2


def test_temporal_is_laid_out_for_production(services: dict[str, Any]) -> None:
    assert int(services["temporal"]["environment"]["NUM_HISTORY_SHARDS"]) >= 512
    dynamic = yaml.safe_load((SCRIPTS / "temporal-dynamic.yaml").read_text())
    assert {name: values[0]["value"] for name, values in dynamic.items()} == temporal.DYNAMIC_CONFIG


def test_no_sandbox_is_on_by_default(services: dict[str, Any]) -> None:
    environment = services["web"]["environment"]
    assert environment["DOORBELL_SMS"] == "${DOORBELL_SMS:-off}"
    assert environment["DOORBELL_PAYMENT_SANDBOX"] == "${DOORBELL_PAYMENT_SANDBOX:-0}"
    assert environment["DOORBELL_PLAIN_HTTP"] == "${DOORBELL_PLAIN_HTTP:-0}"


def test_every_mounted_file_is_there(services: dict[str, Any]) -> None:
    mounted = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", ())]
    assert [path for path in mounted if path.startswith("./") and not (CLONE / path).exists()] == []


def test_the_proxy_is_told_whom_to_trust_and_trusts_nobody_by_default(services: dict[str, Any]) -> None:
    proxy = services["proxy"]
    assert proxy["environment"]["TRUSTED_PROXY"] == "${TRUSTED_PROXY:-192.0.2.1/32}"
    (mounted,) = (volume.split(":") for volume in proxy["volumes"])
    assert mounted[1] == "/etc/nginx/templates/nginx.conf.template"
    used = set(re.findall(r"\$\{(\w+)\}", (CLONE / mounted[0]).read_text()))
    assert used == {"TRUSTED_PROXY"}


def test_the_health_of_a_server_is_asked_without_the_proxy_of_the_environment(services: dict[str, Any]) -> None:
    command = services["web"]["healthcheck"]["test"][1:]
    port = free_port()
    program = command[-1].replace(":8000/", f":{port}/")
    environment = {**os.environ, "http_proxy": f"http://{HOST}:{free_port()}", "no_proxy": ""}
    check = [sys.executable, *command[1:-1], program]
    with HTTPServer((HOST, port), Healthy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert subprocess.run(check, cwd=CLONE, env=environment, timeout=20).returncode == 0
        server.shutdown()
    assert subprocess.run(check, cwd=CLONE, env=environment, timeout=20, capture_output=True).returncode != 0


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()


def test_every_folder_of_the_image_is_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (CLONE / "Dockerfile").read_text(), re.MULTILINE)
    missing = [path for line in copied for path in line.split() if not (CLONE / path).exists()]
    assert missing == []


@pytest.mark.parametrize("script", sorted(path.name for path in SCRIPTS.glob("*.sh")))
def test_scripts_are_whole(script: str) -> None:
    done = subprocess.run(["sh", "-n", str(SCRIPTS / script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_namespace_is_made_with_its_search_attributes_and_twice_is_once(tmp_path: Path) -> None:
    binary = find_binary(print)
    port = free_port()
    processes = Processes(tmp_path)
    command = [
        str(binary),
        "server",
        "start-dev",
        "--headless",
        "--ip",
        HOST,
        "--port",
        str(port),
        "--log-level",
        "warn",
    ]
    child = processes.start("temporal", command)
    environment = {
        **os.environ,
        "PATH": f"{binary.parent}:{os.environ['PATH']}",
        "TEMPORAL_ADDRESS": f"{HOST}:{port}",
        "TEMPORAL_NAMESPACE": "made-here",
    }
    try:
        wait_until(lambda: child.running, what="Temporal", child=child)
        for _ in range(2):
            script = ["sh", str(SCRIPTS / "temporal-namespace.sh")]
            done = subprocess.run(script, env=environment, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stderr
        listed = subprocess.run(
            [str(binary), "operator", "search-attribute", "list", "--namespace", "made-here"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=20,
        )
        for name, kind in temporal.SEARCH_ATTRIBUTES.items():
            assert re.search(rf"\b{name}\s+{kind}\b", listed.stdout), listed.stdout
    finally:
        processes.stop_all()
