"""How './millrace up' starts the service."""

import os
import pathlib
import zipfile


def service_process():
    """The folder in /proc of the service that these tests talk to."""
    port = f"MILLRACE_HTTP_PORT={os.environ['MILLRACE_HTTP_PORT']}".encode()
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if b"millrace-service-app.jar" in command and port in environment.split(b"\0"):
            return process
    raise AssertionError("found no process of the service")


def test_from_the_start_that_the_build_recorded():
    maps = (service_process() / "maps").read_text()
    assert "quick-start/start.aot" in maps
    assert "quick-start/native/libonnxruntime.so" in maps


def test_with_the_beans_that_the_build_settled():
    command = (service_process() / "cmdline").read_bytes().split(b"\0")
    jar = pathlib.Path(command[command.index(b"-jar") + 1].decode())
    folder = pathlib.Path(os.readlink(service_process() / "cwd")) / jar.parent
    with zipfile.ZipFile(folder / jar.name) as archive:
        assert archive.read("spring.properties").decode().strip() == "spring.aot.enabled=true"
        assert any(name.endswith("__ApplicationContextInitializer.class") for name in archive.namelist())
