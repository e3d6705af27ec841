"""``make run``: the whole product on an invented department, with a stand-in LINE Platform to play the phones."""

import argparse
import csv
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.demo.department import write_csvs

ROOT = Path(__file__).parents[2]
KINDS = ("units", "shifts", "officers", "sites", "zones", "beacons", "roster")
# These officers stay without a binding, so that somebody can try what a first day looks like.
NEWCOMERS = 6
START_TIMEOUT_S = 60.0


class Demo:
    """The processes of the demonstration and the folder they work in."""

    def __init__(self, folder: Path, port: int, platform_port: int) -> None:
        self.folder = folder
        self.api = f"http://127.0.0.1:{port}"
        self.platform = f"http://127.0.0.1:{platform_port}"
        self._ports = (port, platform_port)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._environment: dict[str, str] = {}

    def start(self) -> None:
        """Bring everything up; what exists from an earlier run is used again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        secret = self._secrets()
        self._environment = os.environ | {
            "CHECKIN_DATABASE_URL": f"sqlite:///{self.folder / 'checkin.db'}",
            "CHECKIN_LINE_CHANNEL_SECRET": secret["channel_secret"],
            "CHECKIN_LINE_CHANNEL_ACCESS_TOKEN": secret["channel_access_token"],
            "CHECKIN_SECRET_KEY": secret["secret_key"],
            "CHECKIN_LINE_API_URL": self.platform,
            "CHECKIN_REPORT_DIR": str(self.folder / "reports"),
        }
        self._checkin("db", "upgrade")
        self._import_department()
        self._start_platform(secret)
        self._spawn("api", "serve", "--port", str(self._ports[0]))
        self._wait_for(f"{self.api}/readyz")
        self._spawn("worker", "worker")
        self._enrol()

    def wait(self) -> int:
        """Until a process ends or Ctrl-C; the status to exit with."""
        while True:
            for name, process in self._processes.items():
                if process.poll() is not None:
                    print(f"{name} ended with status {process.returncode}; see {self.folder / name}.log", file=sys.stderr)
                    return 1
            time.sleep(0.5)

    def stop(self) -> None:
        """End all processes, the newest first."""
        for process in reversed(self._processes.values()):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self._processes.values()):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()

    def _secrets(self) -> dict[str, str]:
        """Made once, so that a second run can read what the first has stored."""
        path = self.folder / "secrets.json"
        if not path.exists():
            names = ("channel_secret", "channel_access_token", "secret_key")
            path.write_text(json.dumps({name: secrets.token_hex(16) for name in names}))
            path.chmod(0o600)
        content: dict[str, str] = json.loads(path.read_text())
        return content

    def _import_department(self) -> None:
        """This week's roster: importing it again changes nothing, a later day adds the days since."""
        today = datetime.now(ZoneInfo("Asia/Taipei")).date()
        csvs = self.folder / "csv"
        csvs.mkdir(exist_ok=True)
        write_csvs(csvs, today - timedelta(days=1))
        for kind in KINDS:
            self._checkin("import", kind, str(csvs / f"{kind}.csv"))

    def _start_platform(self, secret: dict[str, str]) -> None:
        """Zones are those of the department; each officer has a phone, by a LINE user ID made of the staff number."""
        config = {
            "channel_secret": secret["channel_secret"],
            "channel_access_token": secret["channel_access_token"],
            "webhook_url": f"{self.api}/line/webhook",
            "zones": self._zones(),
        }
        path = self.folder / "platform.json"
        path.write_text(json.dumps(config, ensure_ascii=False))
        path.chmod(0o600)
        command = [sys.executable, "-m", "tests.line_platform", "--port", str(self._ports[1]), "--config", str(path)]
        self._processes["platform"] = self._popen("platform", command)
        self._wait_for(f"{self.platform}/_/state")

    def _zones(self) -> list[dict[str, Any]]:
        beacons: dict[str, list[dict[str, str | None]]] = {}
        for row in self._csv("beacons"):
            # A certified LINE Beacon's secure message goes to LINE alone; the others send an empty device message.
            dm = None if row["kind"] == "line" else "00"
            beacons.setdefault(row["zone_code"], []).append({"hwid": row["hwid"], "dm": dm})
        return [
            {"code": row["code"], "name": row["name"], "beacons": beacons.get(row["code"], [])}
            for row in self._csv("zones")
        ]

    def _csv(self, kind: str) -> list[dict[str, str]]:
        with (self.folder / "csv" / f"{kind}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def _enrol(self) -> None:
        """Bind the phones the way officers do it: a code from HR, sent in the chat."""
        codes = json.loads(self._checkin("enrolment", "issue", "--all", "--format", "json"))
        codes_by_number = {row["staff_no"]: row["code"] for row in codes}
        officers = self._csv("officers")
        for position, officer in enumerate(officers):
            number = officer["staff_no"]
            code = codes_by_number.get(number)
            newcomer = position >= len(officers) - NEWCOMERS
            note = f"{number}" + (f"　人事給的一次碼：綁定 {number} {code}" if newcomer and code else "")
            phone = {"name": officer["name"], "line_user_id": _user_id(number), "note": note}
            answer = _call("POST", f"{self.platform}/_/phones", phone)
            if code and not newcomer:
                _call("POST", f"{self.platform}/_/phones/{answer['id']}/say", {"text": f"綁定 {number} {code}"})

    def _checkin(self, *arguments: str) -> str:
        command = [str(Path(sys.executable).parent / "checkin"), *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"checkin {' '.join(arguments)} failed:\n{done.stderr or done.stdout}")
        return done.stdout

    def _spawn(self, name: str, *arguments: str) -> None:
        self._processes[name] = self._popen(name, [str(Path(sys.executable).parent / "checkin"), *arguments])

    def _popen(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def _wait_for(self, url: str) -> None:
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(url, timeout=2).close()
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
            else:
                return
        raise SystemExit(f"{url} does not answer; see the logs in {self.folder}")


def _user_id(staff_no: str) -> str:
    """A LINE user ID that is the same in every run."""
    return "U" + staff_no.encode().hex().rjust(32, "0")[-32:]


def _call(method: str, url: str, content: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        url, json.dumps(content).encode(), {"Content-Type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        result: dict[str, Any] = json.load(answer)
    return result


def main() -> int:
    """Start, say where everything is, and stop on Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make run")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "demo")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--platform-port", type=int, default=8900)
    options = parser.parse_args()
    demo = Demo(options.folder.resolve(), options.port, options.platform_port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        demo.start()
        yesterday = datetime.now(ZoneInfo("Asia/Taipei")).date()
        print(_WELCOME.format(platform=demo.platform, api=demo.api, folder=demo.folder, day=yesterday), flush=True)
        return demo.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        demo.stop()


_WELCOME = """
  員警的手機 / officers' phones   {platform}/
  簽到 API / check-in API        {api}/   (readyz, metrics)
  資料 / working data            {folder}

  1. 在手機頁選一位員警，走進簽到區，按「簽到」。
     On the phone page pick an officer, walk into a zone, tap 簽到.
  2. 看當日報表 / see the day's report:
     make report DATE={day}

  Ctrl-C 結束 / stops everything.
"""

if __name__ == "__main__":
    sys.exit(main())
