"""``make run``: the whole product on an invented department, with a stand-in LINE Platform to play the phones."""

import argparse
import json
import shlex
import signal
import sys
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.demo.department import BUREAU, write_csvs
from tests.demo.errors import DemoError, StoppedError
from tests.demo.phones import Phones, supervisor, zones
from tests.demo.processes import CHECKIN, ROOT, Processes, require_free
from tests.demo.workspace import LIFF_ID, Workspace

# In the order in which they name each other.
KINDS = ("units", "shifts", "officers", "sites", "zones", "beacons", "roster")
TIMEZONE = ZoneInfo("Asia/Taipei")
BIND_TIMEOUT_S = 60.0
# Who works in the HR office, in the order of the officers' file.
HR_OFFICER = 5


class Demo:
    """One department, one stand-in platform, one API and one worker."""

    def __init__(self, workspace: Workspace, port: int, platform_port: int, stop: threading.Event) -> None:
        self.workspace = workspace
        self.api = f"http://127.0.0.1:{port}"
        self.platform = f"http://127.0.0.1:{platform_port}"
        self._ports = (port, platform_port)
        self.screen = ""
        self.processes = Processes(workspace.folder, workspace.settings(self.platform), stop)

    def start(self) -> None:
        """Bring everything up; what exists from an earlier run is used again."""
        write_csvs(self.workspace.csvs, datetime.now(TIMEZONE).date() - timedelta(days=1))
        self._prepare_database()
        self._start_programs()
        self._import_department()
        self.processes.wait_for("platform", f"{self.platform}/_/state")
        self.processes.wait_for("api", f"{self.api}/readyz")
        self._enrol()
        self._name_supervisor()
        self._make_accounts()
        self._offer_fallbacks()
        _say("圖文選單… / rich menus")
        self.processes.run("line", "menus")
        self._start_agent()
        # Last, so that the first reports it catches up are of a department that is there.
        self.processes.start("worker", CHECKIN, "worker")

    def watch(self) -> None:
        """Until somebody asks for an end, or a program ends by itself."""
        while True:
            self.processes.pause()

    def _prepare_database(self) -> None:
        _say("建立資料庫… / database")
        if not (self.workspace.folder / "checkin.db").exists():
            self.workspace.forget_imported()
        self.processes.run("db", "upgrade")

    def _start_programs(self) -> None:
        """They load while the department is imported."""
        config = self.workspace.platform_config(
            {
                "webhook_url": f"{self.api}/line/webhook",
                "liff_apps": {LIFF_ID: f"{self.api}/liff/"},
                "zones": zones(self.workspace),
            }
        )
        port, platform_port = (str(number) for number in self._ports)
        module = (sys.executable, "-m", "tests.line_platform")
        self.processes.start("platform", *module, "--port", platform_port, "--config", config)
        self.processes.start("api", CHECKIN, "serve", "--port", port)

    def _import_department(self) -> None:
        """A later day has another roster: the days since are added, the rest is there already."""
        for kind in KINDS:
            if not self.workspace.is_imported(kind):
                _say(f"匯入… / import {kind}.csv")
                self.processes.run("import", kind, str(self.workspace.csvs / f"{kind}.csv"))
                self.workspace.note_imported(kind)

    def _start_agent(self) -> None:
        """An agent in the first zone, on an invented radio that hears that zone's beacons."""
        _say("監聽站… / agent")
        zone = self.workspace.rows("zones")[0]["code"]
        hwids = ",".join(row["hwid"] for row in self.workspace.rows("beacons") if row["zone_code"] == zone)
        folder = self.workspace.folder / "agent"
        folder.mkdir(exist_ok=True)
        config = folder / "agent.toml"
        config.write_text(f"[agent]\nstate = {json.dumps(str(folder))}\nruntime = {json.dumps(str(folder))}\n")
        code = self.processes.run("agent", "code", "demo", "--zone", zone).split()[-1]
        program = (sys.executable, "-m", "tests.demo.agent", hwids)
        self.processes.run_program(*program, "enrol", self.api, code, "--config", str(config))
        self.processes.start("agent", *program, "run", "--config", str(config))

    def _name_supervisor(self) -> None:
        self.processes.run("supervisor", "add", supervisor(self.workspace), BUREAU)

    def _make_accounts(self) -> None:
        """Of the console: for HR, an auditor and the supervisor; the first passwords are kept to be shown."""
        chief = supervisor(self.workspace)
        accounts = {
            "hr": ("hr", "人事王小姐", ("--staff-no", self.workspace.rows("officers")[HR_OFFICER]["staff_no"])),
            "auditor": ("auditor", "督察陳先生", ()),
            "chief": ("supervisor", "局長", ("--unit", BUREAU, "--staff-no", chief)),
        }
        for username, (role, name, more) in accounts.items():
            if username not in self.workspace.passwords():
                password = self.processes.run("user", "add", username, "--role", role, "--name", name, *more)
                self.workspace.note_password(username, password.strip())

    def _offer_fallbacks(self) -> None:
        """The second zone takes site codes and positions; its screen has a new address at every start."""
        zone = self.workspace.rows("zones")[1]["code"]
        self.screen = self.api + self.processes.run("zone", "site-code", zone).strip()
        self.processes.run("zone", "location", zone)

    def _enrol(self) -> None:
        issued = json.loads(self.processes.run("enrolment", "issue", "--all", "--format", "json"))
        codes = {row["staff_no"]: row["code"] for row in issued}
        phones = Phones(self.platform, self.workspace)
        phones.hand_out(codes, datetime.now(TIMEZONE))
        end = time.monotonic() + BIND_TIMEOUT_S
        for bound in phones.bind(codes, self.processes.pause):
            _say(f"綁定 / enrolled {bound}/{phones.count}", passing=True)
            if time.monotonic() > end:
                raise DemoError(f"only {bound} officers are bound; read {self.processes.log('api')}")
        _say(f"綁定 / enrolled {bound}/{phones.count}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Start, say where everything is, and end everything on Ctrl-C, SIGTERM, or when a part has ended."""
    options = _options(arguments)
    stop = threading.Event()
    # A flag instead of an exception: no program is ever started without being remembered.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    workspace = Workspace(options.folder.resolve())
    try:
        with workspace.lock():
            require_free(options.port, "--port")
            require_free(options.platform_port, "--platform-port")
            _run(Demo(workspace, options.port, options.platform_port, stop))
    except StoppedError:
        _say("已停止 / stopped")
    except DemoError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    return 0


def _run(demo: Demo) -> None:
    try:
        demo.start()
        print(_welcome(demo), flush=True)
        demo.watch()
    finally:
        demo.processes.stop()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "demo", help="working data (default var/demo)")
    parser.add_argument("--port", type=int, default=8000, help="the API's port (default 8000)")
    parser.add_argument("--platform-port", type=int, default=8900, help="the phone page's port (default 8900)")
    return parser.parse_args(arguments)


def _welcome(demo: Demo) -> str:
    today = datetime.now(TIMEZONE).date()
    return _WELCOME.format(
        platform=demo.platform,
        api=demo.api,
        screen=demo.screen,
        supervisor=supervisor(demo.workspace),
        folder=_short(demo.workspace.folder),
        accounts="   ".join(f"{name}  {word}" for name, word in demo.workspace.passwords().items()),
        env=_short(demo.workspace.env_file),
        agent=_short(demo.workspace.folder / "agent" / "agent.toml"),
        report=f"{_short(CHECKIN)} report daily --date {today} --format csv --output -",
    )


def _short(path: Path) -> str:
    """A path as one types it in the checkout."""
    return shlex.quote(str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path))


def _say(text: str, *, passing: bool = False) -> None:
    """A line of progress; a passing one is for a terminal only, where the next line takes its place."""
    if not passing:
        print(text, flush=True)
    elif sys.stdout.isatty():
        print(text, end="\r", flush=True)


_WELCOME = """
  員警的手機 / officers' phones   {platform}/
  簽到 API / check-in API        {api}/readyz   {api}/metrics
  人事後台 / HR console          {api}/console/
      帳號與初始密碼 / accounts and first passwords:  {accounts}
  簽到區螢幕 / a zone's screen   {screen}
  資料與紀錄 / data and logs      {folder}

  1. 在手機頁選一位員警（備註有當班勤務），走進簽到區，按「簽到」。
     On the phone page pick an officer (the note has the duty), walk into a zone, tap 簽到.
  2. 當日報表 / the day's report:
     . {env} && {report}
  3. 第一個簽到區的監聽站（無線電是假的）/ the agent in the first zone (its radio is invented):
     . {env} && checkin agent list && beacon-agent status --config {agent}

  4. 員警 {supervisor} 是主管，在簽到頁看單位、核准補打卡。
     Officer {supervisor} is a supervisor: sees the unit on the check-in page, approves corrections.

  Ctrl-C 結束全部 / stops everything.
"""

if __name__ == "__main__":
    sys.exit(main())
