"""Makes `.venv` exactly as `uv.lock` says; with nothing but the standard library.

Run by `bootstrap`. A finished environment carries a stamp and is left alone; anything else is
brought to the locked state, and what an interrupted setup left is thrown away.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "shop-ready"
BUILDING = VENV / "shop-building"
TOOLS = VENV / "shop-tools"
LOCK = ROOT / "uv.lock"
UV = "uv>=0.8,<1"
CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class SetupError(Exception):
    pass


def main() -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a console's has it
    try:
        if is_ready():
            return 0
        with one_at_a_time():
            if not is_ready():
                build()
    except SetupError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"✗ 不能建立环境 | cannot make the environment: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("✗ 已中断，再次运行即可继续 | interrupted; run it again", file=sys.stderr)
        return 130
    return 0


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two setups at once: the second waits, and finds it done."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def fingerprint() -> str:
    """Changes when the environment has to be made anew: lock, interpreter, place."""
    where = f"{os.path.realpath(PYTHON)} {VENV}"
    return hashlib.sha256(LOCK.read_bytes() + os.fsencode(where)).hexdigest()


def is_ready() -> bool:
    return os.access(PYTHON, os.X_OK) and STAMP.is_file() and STAMP.read_text() == fingerprint()


def build() -> None:
    say(
        "准备 Python 环境（首次约一分钟）",
        "preparing the Python environment, about a minute at first",
    )
    if BUILDING.exists() or not works():
        discard()
    STAMP.unlink(missing_ok=True)
    make_venv()
    BUILDING.touch()
    with tempfile.TemporaryDirectory() as scratch:
        install(Path(scratch))
    compile_all()
    STAMP.write_text(fingerprint())
    BUILDING.unlink()
    give_back()
    say("环境就绪", "the environment is ready", "✓")


def works() -> bool:
    """Whether `.venv` has a Python that starts and is new enough."""
    question = "import sys; sys.exit(sys.version_info < (3, 11))"
    return os.access(PYTHON, os.X_OK) and run([PYTHON, "-c", question], quiet=True)


def discard() -> None:
    """Remove `.venv`; what belongs to somebody else can at least be moved away."""
    if VENV.is_symlink():
        VENV.unlink()
    if not VENV.exists():
        return
    try:
        shutil.rmtree(VENV)
    except OSError:
        aside = tempfile.mkdtemp(prefix=".venv-old-", dir=ROOT)
        VENV.rename(Path(aside) / "venv")


def make_venv() -> None:
    if PYTHON.exists():
        return
    ways = [[sys.executable, "-m", "venv", "--without-pip", VENV]]
    if shutil.which("virtualenv"):
        ways.append(["virtualenv", "--quiet", "--python", sys.executable, VENV])
    for uv in found_uvs():
        ways.append([uv, "venv", "--quiet", "--python", sys.executable, VENV])
    if not any(run(way, quiet=True) and works() for way in ways):
        raise SetupError(missing("python3-venv"))


def install(scratch: Path) -> None:
    """Try one way after another until the environment is what the lock says."""
    uvs = found_uvs() or fetch_uv()
    if not uvs:
        raise SetupError(
            missing("python3-venv")
            if not any(pips())
            else "下载 uv 失败，请检查网络或 pip 的镜像设置 | could not fetch uv: check the network or pip's index"
        )
    sync = ["sync", "--frozen", "--quiet"] if not sys.stderr.isatty() else ["sync", "--frozen"]
    for uv in uvs:
        # The user's own index first, if there is one: they know what their network can reach.
        if own_index() and install_from_own_index(uv, scratch):
            return
        for certificates in known_certificates():
            if run([uv, *sync], uv_environment() | certificates):
                return
            say("换一种方式再试", "trying another way")
        if install_from_own_index(uv, scratch):
            return
    raise SetupError(
        "安装依赖失败（原因见上）,再次运行即可继续 | could not install the packages (see above); run it again"
    )


def known_certificates() -> list[dict[str, str]]:
    """The machine's own first, where it has any: a company's proxy may be known to it alone."""
    own, uvs = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}, dict[str, str]()
    known = any(map(os.path.exists, CERTIFICATES)) or sys.platform == "darwin"
    return [own, uvs] if known else [uvs, own]


def install_from_own_index(uv: str, scratch: Path) -> bool:
    """The same locked versions by the same hashes, from wherever pip or uv is told to look."""
    wanted = scratch / "requirements.txt"
    export = ["export", "--frozen", "--quiet", "--no-emit-project", "--output-file", wanted]
    if not run([uv, *export], uv_environment()):
        return False
    if {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & os.environ.keys():
        into = ["--python", PYTHON, "--require-hashes", wanted]
        if run([uv, "pip", "sync", *into], uv_environment()):
            return True
    options = ["install", "--require-hashes", "--no-deps", "--progress-bar=off", "-q", "-r", wanted]
    return any(run([*pip, *options]) for pip in pips())


def own_index() -> bool:
    """Whether this person has told pip or uv to look somewhere else."""
    if {"PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"} & os.environ.keys():
        return True
    pip = next(pips(), None)
    if pip is None:
        return False
    asked = subprocess.run(
        [*map(str, pip), "config", "get", "global.index-url"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.returncode == 0 and bool(asked.stdout.strip())


def found_uvs() -> list[str]:
    """A uv that is there already, ours of last time included."""
    home = Path.home() if "HOME" in os.environ else VENV
    places = [shutil.which("uv"), home / ".local/bin/uv", home / ".cargo/bin/uv", TOOLS / "bin/uv"]
    found = [str(place) for place in places if place and os.access(place, os.X_OK)]
    return [uv for uv in dict.fromkeys(found) if run([uv, "--version"], quiet=True)]


def fetch_uv() -> list[str]:
    """Fetch uv by pip, into a folder of its own so that `.venv` holds what is locked alone."""
    for pip in pips():
        if run([*pip, "install", "--quiet", "--target", TOOLS, UV]):
            return [str(TOOLS / "bin" / "uv")]
    return []


def pips() -> Iterator[list[object]]:
    """Ways to run a pip for `.venv`: out of ensurepip's wheel, or another Python's."""
    libraries = {Path(os.__file__).parent, *Path(sys.base_prefix).glob("lib/python3.*")}
    bundled = [*(library / "ensurepip" / "_bundled" for library in libraries)]
    for folder in (*bundled, Path("/usr/share/python-wheels")):
        for wheel in sorted(folder.glob("pip-*.whl"), reverse=True):
            yield [PYTHON, f"{wheel}/pip"]
    for command in ([sys.executable, "-m", "pip"], ["pip3"], ["pip"]):
        if run([*command, "--python", PYTHON, "--version"], quiet=True):
            yield [*command, "--python", PYTHON]


def uv_environment() -> dict[str, str]:
    own = {
        "UV_PROJECT_ENVIRONMENT": str(VENV),
        "UV_PYTHON": str(PYTHON),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_LINK_MODE": "copy",
        "VIRTUAL_ENV": str(VENV),
    }
    if not os.access(os.environ.get("HOME", ""), os.W_OK):
        own["UV_NO_CACHE"] = "1"
    return own


def compile_all() -> None:
    """Once now rather than at every start, above all where Python may not write byte code."""
    run([PYTHON, "-m", "compileall", "-q", "-j", "0", VENV / "lib"], quiet=True)


def run(
    command: Sequence[object], more: dict[str, str] | None = None, *, quiet: bool = False
) -> bool:
    output = subprocess.DEVNULL if quiet else None
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            env=os.environ | (more or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


def missing(package: str) -> str:
    return (
        f"这个 Python 缺少 venv 和 pip,请先安装软件包 {package}"
        f" | this Python lacks venv and pip: install the package {package} first"
    )


def give_back() -> None:
    """What root installs in somebody's project becomes theirs."""
    owner = ROOT.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        for path in (VENV, *VENV.rglob("*")):
            os.lchown(path, owner.st_uid, owner.st_gid)


def say(chinese: str, english: str, mark: str = "»") -> None:
    print(f"{mark} {chinese} · {english}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
