"""How does it become the paper? A report whose every number and picture comes from the results."""

from seglib.report.build import Report, build_report, check_written, report_folder, write_report

__all__ = ["Report", "build_report", "check_written", "report_folder", "write_report"]
