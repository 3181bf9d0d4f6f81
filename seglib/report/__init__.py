"""How does it become the paper? A report whose every number and picture comes from the results."""

from seglib.report.build import Report, build_report, check_written, report_folder, write_report
from seglib.report.screenshots import find_browser, take_screenshots

__all__ = [
    "Report",
    "build_report",
    "check_written",
    "find_browser",
    "report_folder",
    "take_screenshots",
    "write_report",
]
