"""Retention: the periods in force, what the purge would remove now, and what each run removed, with certificates."""

import hashlib
from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

from flask import render_template

from checkin_api import builds, privacy
from checkin_api.builds import MadeAtOnce
from checkin_api.domain import purges
from checkin_api.domain.ids import Role
from checkin_api.domain.words import DATA_KIND
from checkin_api.queries.sheets import AuditHead, audit_head
from checkin_api.web.console import access
from checkin_api.web.console.access import page
from checkin_api.web.console.asking import hand_over, watermark
from checkin_api.web.console.frame import blueprint
from reports.daily import daily_before

SHOWN = 50


@blueprint.get("/privacy/retention")
@page(Role.HR, Role.AUDITOR)
def privacy_retention() -> Any:
    """How long each kind is kept, how much of it is past that, and the runs that removed something."""
    settings = access.settings()
    cut = privacy.cut_offs(settings, access.now())
    ahead = privacy.preview(access.database(), cut, _reports)
    with access.database().read() as session:
        runs = privacy.purges(session, limit=SHOWN)
    rows = [
        (DATA_KIND[kind], period.words(), privacy.older_than(cut, kind), ahead.counts.get(kind), privacy.KEPT.get(kind))
        for kind, period in cut.periods.items()
    ]
    return render_template(
        "console/privacy_retention.html",
        rows=rows,
        total=sum(ahead.counts.values()),
        version=privacy.notice_version(cut.periods),
        runs=runs,
        kinds=DATA_KIND,
        shown=SHOWN,
    )


@blueprint.get("/privacy/retention/<int(max=2147483647):number>/certificate")
@page(Role.HR, Role.AUDITOR)
def privacy_retention_certificate(number: int) -> Any:
    """The certificate of one run; that it is taken is recorded before the first byte is given."""
    from reports.certificate import Certified, file_name, write_certificate  # noqa: PLC0415 (loads Typst)

    now, settings, actor = access.now(), access.settings(), access.viewer().actor
    with access.database().read() as session:
        found = privacy.find_purge(session, number)
        head = audit_head(session) or AuditHead(found.number, found.hash)
    said = Certified(
        agency=settings.agency_name,
        zone=settings.zone,
        head=head,
        made_at=now,
        made_by=actor,
        watermark=watermark(),
    )
    made, name = write_certificate(found, said), file_name(found, settings.zone)
    taken = MadeAtOnce(
        kind=purges.CERTIFICATE,
        file_name=name,
        row_count=found.rows,
        sha256=hashlib.sha256(made).hexdigest(),
        asked={"purge": found.number},
    )
    return hand_over(made, taken, "application/pdf")


def _reports(day: date) -> Iterator[Path]:
    """The files that a purge of this machine would delete."""
    settings = access.settings()
    return chain(daily_before(settings.report_dir, day), builds.files_before(settings.report_dir, day, settings.zone))
