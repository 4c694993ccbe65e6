"""`make run`: the whole shop on this machine until Ctrl-C.

Embedded servers, preparation, then web, worker and beat; when one of them ends, all end.
"""

import fcntl
import os
import signal
import socket
import sys
from contextlib import ExitStack
from types import FrameType

from .defaults import embedded_servers, fill_in
from .keeper import open_lock
from .messages import SAID, LaunchError, complain, done, never_fail_to_print, step
from .places import ROOT, VAR, give_back, make_folder
from .processes import follow_parent, signal_group, spawn
from .shop import Shop

ACCOUNTS = VAR / "demo-accounts.txt"


class Told(Exception):
    """Ctrl-C, or another signal that means stop."""


class AlreadySaid(Exception):
    """It did not work, and the reason is on the screen."""


def main() -> int:
    never_fail_to_print()
    listen_for_signals()
    try:
        run(read_port(os.environ.get("PORT") or "8000"))
    except Told:
        done("已停止", "stopped")
    except AlreadySaid:
        return 1
    except LaunchError as error:
        complain(error)
        return 1
    except OSError as error:
        complain(LaunchError(f"不能继续：{error}", f"cannot go on: {error}"))
        return 1
    return 0


def listen_for_signals() -> None:
    """Stop on the first signal; more of them, while stopping, change nothing."""
    signs = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        signs.append(signal.SIGHUP)

    def tell(sign: int, frame: FrameType | None) -> None:
        for each in signs:
            signal.signal(each, signal.SIG_IGN)
        raise Told

    for each in signs:
        signal.signal(each, tell)
    if "MAKELEVEL" in os.environ:  # a killed `make` is a stop too
        follow_parent(signal.SIGTERM)


def read_port(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 65536):
        raise LaunchError(f"PORT={value} 不是端口号", f"PORT={value} is not a port number")
    return int(value)


def run(port: int) -> None:
    with ExitStack() as leaving:
        leaving.callback(give_back, VAR)
        be_the_only_one()
        check_port(port)
        environ = dict(os.environ)
        fill_in(environ)
        shop = Shop(environ, port)
        environ.setdefault("BASE_URL", shop.address)
        environ["PYTHONUTF8"] = "1"
        step("启动数据库和消息队列", "starting the database and the broker")
        shop.leases = leaving.enter_context(embedded_servers(environ))
        prepare(environ)
        give_back(VAR)
        leaving.callback(shop.stop)
        step("启动网站、任务和定时器", "starting web, worker and beat")
        shop.open()
        introduce(shop)
        shop.watch()


def be_the_only_one() -> None:
    """Hold the lock of this folder's shop; the system lets it go when we end."""
    lock = open_lock(make_folder(VAR) / "run.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LaunchError(
            "这个文件夹里的商城已经在运行", "the shop of this folder is running already"
        ) from None


def check_port(port: int) -> None:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except PermissionError:
            raise LaunchError(
                f"不允许使用端口 {port}", f"port {port} is not allowed to you"
            ) from None
        except OSError:
            another = port + 1 if port < 65535 else 8000
            raise LaunchError(
                f"端口 {port} 已被占用，可改用:PORT={another} make run",
                f"port {port} is in use; try PORT={another} make run",
            ) from None


def prepare(environ: dict[str, str]) -> None:
    """What has to be done before the first page, in a process that speaks for itself."""
    screen = sys.stdout.encoding or "utf-8"
    process = spawn(
        [sys.executable, "-m", "shop.launch.prepare"],
        cwd=ROOT,
        env=environ | {"PYTHONIOENCODING": f"{screen}:replace"},
    )
    try:
        code = process.wait()
    finally:
        signal_group(process, signal.SIGKILL)
        process.wait()
    if code == SAID:
        raise AlreadySaid
    if code:
        raise LaunchError("准备商城时出错（见上）", "preparing the shop failed (see above)")


def introduce(shop: Shop) -> None:
    """Where to look, and as whom to sign in."""
    done("商城已打开", "the shop is open")
    print(f"  商城 · shop     {shop.address}/  {shop.address}/en/")
    print(f"  后台 · admin    {shop.address}/admin/")
    if ACCOUNTS.exists():
        print("\n".join(f"  {line}" for line in ACCOUNTS.read_text("utf-8").splitlines()))
    print(f"  日志 · logs     {VAR / 'log'}")
    print("  Ctrl-C 停止 · to stop", flush=True)


if __name__ == "__main__":
    sys.exit(main())
