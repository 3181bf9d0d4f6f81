"""What does the Word file look like? Pandoc's own reference document, with a few styles changed.

It also gets what that document lacks: an A4 page and page numbers.
"""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from pathlib import Path

import pypandoc
from PIL import Image

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip file can name
A4, MARGIN, TWIPS_PER_MM = (210, 297), 25, 56.7
FONT, CODE_FONT, INK = "Times New Roman", "Courier New", "000000"
SIZES = {"Title": 36, "Subtitle": 24, "Author": 22, "Date": 20, "Heading1": 28, "Heading2": 24,
         "Caption": 18, "Bibliography": 18, "Compact": 18}  # half points  # fmt: skip
BOLD = ("Title", "Heading1", "Heading2")
CENTRED = ("Figure", "CaptionedFigure")
TIGHT = {"BodyText": (60, 100), "Bibliography": (0, 60), "Heading1": (320, 100),
         "Heading2": (220, 80), "CaptionedFigure": (200, 80), "ImageCaption": (0, 200),
         "TableCaption": (160, 80)}  # twentieths of a point before and after  # fmt: skip
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
FOOTER = "word/footer1.xml"
FOOTER_KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"
NUMBER = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<w:ftr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    '<w:p><w:pPr><w:jc w:val="center" /></w:pPr>'
    '<w:fldSimple w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p></w:ftr>'
)


def _style(xml: str, name: str, tag: str, *elements: str) -> str:
    """Set elements in one block (``w:rPr`` or ``w:pPr``) of one style.

    What is there already is replaced in its place, for Word minds the order.
    """
    pattern = rf'<w:style [^>]*w:styleId="{name}".*?</w:style>'
    style = re.search(pattern, xml, re.DOTALL)[0]
    style = re.sub(rf"<{tag} ?/>", f"<{tag}></{tag}>", style)
    if f"<{tag}>" not in style:
        before = "<w:rPr>" if tag == "w:pPr" and "<w:rPr>" in style else "</w:style>"
        style = style.replace(before, f"<{tag}></{tag}>{before}")
    for element in elements:
        kind = re.match(r"<w:\w+", element)[0]
        style, found = re.subn(rf"{kind} [^>]*/>", element, style)
        if not found:
            style = style.replace(f"</{tag}>", f"{element}</{tag}>")
    return re.sub(pattern, lambda _: style, xml, count=1, flags=re.DOTALL)


def _styles(xml: str) -> str:
    """Change ``word/styles.xml``: one serif font, black headings, centred figures."""
    xml = re.sub(r"<w:rFonts [^>]*/>", _font(FONT), xml)
    xml = re.sub(r"<w:color [^>]*/>", f'<w:color w:val="{INK}" />', xml)
    defaults = re.search(r"<w:docDefaults>.*?</w:docDefaults>", xml, re.DOTALL)[0]
    xml = xml.replace(defaults, re.sub(r'w:val="24"', 'w:val="21"', defaults))
    for name in BOLD:
        xml = _style(xml, name, "w:rPr", "<w:b />")
    for name, size in SIZES.items():
        xml = _style(xml, name, "w:rPr", f'<w:sz w:val="{size}" />', f'<w:szCs w:val="{size}" />')
    xml = _style(xml, "VerbatimChar", "w:rPr", _font(CODE_FONT), '<w:sz w:val="16" />')
    for name, (before, after) in TIGHT.items():
        xml = _style(xml, name, "w:pPr", f'<w:spacing w:before="{before}" w:after="{after}" />')
    for name in CENTRED:
        xml = _style(xml, name, "w:pPr", '<w:jc w:val="center" />')
    rules = "".join(f'<w:{side} w:val="single" w:sz="6" />' for side in ("top", "bottom"))
    borders = rf"\1<w:tblBorders>{rules}</w:tblBorders>\2"
    table = r'(w:styleId="Table">.*?)(<w:tblCellMar>)'
    return re.sub(table, borders, xml, count=1, flags=re.DOTALL)


def _font(name: str) -> str:
    return f'<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:cs="{name}" />'


def _page(xml: str) -> str:
    """Give ``word/document.xml`` an A4 page with its number at the foot."""
    width, height = (round(side * TWIPS_PER_MM) for side in A4)
    margin = round(MARGIN * TWIPS_PER_MM)
    sides = " ".join(f'w:{side}="{margin}"' for side in ("top", "right", "bottom", "left"))
    page = (
        f'<w:pgSz w:w="{width}" w:h="{height}" />'
        f'<w:pgMar {sides} w:header="709" w:footer="709" w:gutter="0" />'
    )
    foot = '<w:footerReference w:type="default" r:id="footer" />'
    xml = xml.replace("<w:sectPr>", f"<w:sectPr>{foot}", 1)  # Word minds the order here, too
    return xml.replace("</w:sectPr>", f"{page}</w:sectPr>")


def _relations(xml: str) -> str:
    """Name the footer in ``word/_rels/document.xml.rels``."""
    entry = f'<Relationship Type="{OFFICE}/footer" Id="footer" Target="{Path(FOOTER).name}" />'
    return xml.replace("</Relationships>", f"{entry}</Relationships>")


def _kinds(xml: str) -> str:
    """Say in ``[Content_Types].xml`` that it is one."""
    entry = f'<Override PartName="/{FOOTER}" ContentType="{FOOTER_KIND}" />'
    return xml.replace("</Types>", f"{entry}</Types>")


def write_reference(path: Path) -> Path:
    """Write the document that pandoc takes its styles from."""
    command = [pypandoc.get_pandoc_path(), "--print-default-data-file", "reference.docx"]
    default = subprocess.run(command, capture_output=True, check=True).stdout
    changes = {
        "[Content_Types].xml": _kinds,
        "word/_rels/document.xml.rels": _relations,
        "word/styles.xml": _styles,
        "word/document.xml": _page,
    }
    with zipfile.ZipFile(io.BytesIO(default)) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename in changes:
                content = changes[entry.filename](content.decode()).encode()
            entry.date_time = EPOCH  # else the report would hold the time of its making
            new.writestr(entry, content)
        new.writestr(zipfile.ZipInfo(FOOTER, EPOCH), NUMBER)
    return path


def unpacked(docx: bytes) -> dict[str, bytes]:
    """Parts of a Word file by name, of a picture its pixels, of pictured code its size."""
    with zipfile.ZipFile(io.BytesIO(docx)) as pack:
        parts = {name: pack.read(name) for name in pack.namelist()}
    for name in parts:
        if name.endswith(".png"):
            picture = Image.open(io.BytesIO(parts[name]))
            code = picture.mode == "P"  # a palette, as seglib.figures.code alone gives
            parts[name] = repr(picture.size).encode() if code else picture.tobytes()
    return parts
