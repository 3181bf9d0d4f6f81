"""Case tables from good and bad folders, from generators and from downloads without a network."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest
from PIL import Image, ImageFile

import seglib.cards
import seglib.sources
from seglib import checking
from seglib.cards import GroupTable, LabelClass, card
from seglib.datasets import check, from_folders, load
from seglib.decoding import MaskDecoding

SIZE = (24, 32)


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


def picture(seed, size=SIZE):
    return np.random.default_rng(seed).integers(0, 255, (*size, 3), dtype=np.uint8)


def blob(size=SIZE, value=255):
    mask = np.zeros(size, np.uint8)
    mask[8:16, 10:20] = value
    return mask


@pytest.fixture
def course(tmp_path, monkeypatch):
    """An empty course folder; nothing is read from or written to the real one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def folders(course):
    """Five good pairs."""
    for number in range(5):
        write(course / "images" / f"p{number // 2}_{number}.jpg", picture(number))
        write(course / "masks" / f"p{number // 2}_{number}.png", blob())
    return course / "images", course / "masks"


def the_problem(cases):
    (problem,) = cases.attrs["problems"]
    return problem


def test_good_folders_give_a_full_table(folders, capsys):
    cases = from_folders(*folders)
    assert list(cases.columns) == ["case", "image", "mask", "group"]
    assert cases["case"].tolist() == ["p0_0", "p0_1", "p1_2", "p1_3", "p2_4"]
    assert (cases["group"] == cases["case"]).all()
    assert all(path.is_file() for path in (*cases["image"], *cases["mask"]))
    assert cases.attrs["problems"] == () and cases.attrs["card"].n_classes == 2
    assert capsys.readouterr().out == "" and check(cases).empty


def test_relative_folders_are_found_from_anywhere(folders, monkeypatch):
    monkeypatch.chdir(folders[0])
    cases = from_folders(".", "../masks")
    monkeypatch.chdir("/")
    assert check(cases).empty and cases.attrs["card"].images == "images"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"mask_name": "{name}_m"}, r"mask_name is '\{name\}_m', expected .*\{stem\} for that"),
        ({"mask_name": "mask"}, r"mask_name is 'mask', expected"),
        ({"group_pattern": r"^p\d+"}, r"no brackets to say which part names the patient"),
        ({"group_pattern": r"^(p\d+"}, r"is no regular expression: missing \)"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(folders, given, says):
    with pytest.raises(ValueError, match=says):
        from_folders(*folders, **given)


def test_a_misspelt_decoding_is_refused():
    with pytest.raises(ValueError, match="Unknown kind of decoding 'value'. Did you mean 'values'"):
        MaskDecoding("value")


def test_an_umlaut_pairs_however_it_is_written(folders):
    images, masks = folders
    next(images.iterdir()).rename(images / "Mu\u0308ller.png")  # as macOS packs it
    mask = cv2.imread(str(next(masks.iterdir())))
    cv2.imwrite(str(masks / "M\u00fcller.png"), mask)
    assert "M\u00fcller" in set(from_folders(images, masks)["case"])


def test_group_and_mask_names_follow_the_patterns(folders):
    images, masks = folders
    for path in list(masks.iterdir()):
        path.rename(masks / f"{path.stem}_mask.png")
    cases = from_folders(images, masks, mask_name="{stem}_mask", group_pattern=r"^(p\d+)_")
    assert cases["group"].tolist() == ["p0", "p0", "p1", "p1", "p2"]


@pytest.mark.parametrize("which", [0, 1])
def test_a_missing_folder_is_named(folders, which):
    both = list(folders)
    both[which] = both[which].with_name("nowhere")
    with pytest.raises(FileNotFoundError, match="nowhere is not a folder; check its name"):
        from_folders(*both)


def test_one_folder_for_both_is_refused(folders):
    with pytest.raises(ValueError, match="put them in two folders"):
        from_folders(folders[0], folders[0])


def test_an_image_without_a_mask_is_listed(folders, capsys):
    (folders[1] / "p1_2.png").unlink()
    cases = from_folders(*folders)
    assert "p1_2" not in cases["case"].tolist() and len(cases) == 4
    problem = the_problem(cases)
    assert (problem.case, problem.what) == ("p1_2", "no mask")
    assert problem.path == folders[0] / "p1_2.jpg"
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert "own: 4 cases; unusable files: 1, the first: p1_2.jpg, no mask" in line


def test_a_mask_without_an_image_is_listed(folders):
    (folders[0] / "p1_2.jpg").unlink()
    assert the_problem(from_folders(*folders)).what == "mask without image"


def test_a_mask_of_another_size_is_listed_with_both_sizes(folders):
    write(folders[1] / "p1_2.png", blob((20, 30)))
    cases = from_folders(*folders)
    assert len(cases) == 4
    problem = the_problem(cases)
    assert problem.path == folders[1] / "p1_2.png"
    assert problem.what == "30x20 px" and problem.expected == "32x24 px, the size of the image"


@pytest.mark.parametrize("file", ["images/p1_2.jpg", "masks/p1_2.png"])
@pytest.mark.parametrize("content", [b"", b"hello", None])
def test_an_unreadable_file_is_listed(folders, course, file, content):
    path = course / file
    path.write_bytes(path.read_bytes()[:-40] if content is None else content)
    problem = the_problem(from_folders(*folders))
    assert problem.path == path and problem.what == "unreadable or cut off"


def test_a_link_to_nothing_is_listed(folders):
    (folders[0] / "x.png").symlink_to("/nowhere/x.png")
    write(folders[1] / "x.png", blob())
    problem = the_problem(from_folders(*folders))
    assert problem.path == folders[0] / "x.png" and problem.what == "a link to nothing"


def test_a_folder_with_the_name_of_a_file_is_ignored(folders):
    for folder in folders:
        (folder / "x.png").mkdir()
    assert from_folders(*folders).attrs["problems"] == ()


def test_a_picture_too_large_to_be_opened_is_listed(folders, monkeypatch):
    write(folders[0] / "p1_2.jpg", picture(2, (48, 64)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)  # Pillow opens twice as many
    problem = the_problem(from_folders(*folders))
    assert problem.path == folders[0] / "p1_2.jpg" and problem.what == "too large to be opened"


def test_two_files_of_one_name_are_listed(folders):
    write(folders[0] / "p1_2.png", picture(9))
    cases = from_folders(*folders)
    assert cases["case"].is_unique and len(cases) == 5
    assert the_problem(cases).what == "same name as p1_2.jpg"


def test_a_name_without_group_is_listed_not_guessed(folders):
    write(folders[0] / "x.jpg", picture(9))
    write(folders[1] / "x.png", blob())
    cases = from_folders(*folders, group_pattern=r"^(p\d+)_")
    assert len(cases) == 5 and the_problem(cases).what == "no group in the name"


def test_other_files_are_ignored(folders):
    (folders[0] / "notes.txt").write_text("hello")
    (folders[1] / ".DS_Store").write_text("hello")
    (folders[1] / "._p1_2.png").write_text("hello")
    assert from_folders(*folders).attrs["problems"] == ()


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("name", ["x.gif", "X.WEBP", "scan.dcm", "scan"])
def test_a_file_of_another_ending_is_listed(folders, which, name):
    (folders[which] / name).write_bytes(b"GIF89a")
    cases = from_folders(*folders)
    problem = the_problem(cases)
    assert len(cases) == 5 and problem.path == folders[which] / name
    assert problem.what == f"ending '{problem.path.suffix}' not read"
    assert problem.expected.startswith("one of .jpg, .jpeg, .png, .tif, .tiff, .bmp: save it as")


@pytest.mark.parametrize("name", ["Thumbs.db", "desktop.ini", ".x.gif", "boxes.json", "a.CSV"])
def test_notes_beside_the_images_are_no_problem(folders, name):
    (folders[0] / name).write_text("hello")
    assert from_folders(*folders).attrs["problems"] == ()


def test_a_name_that_is_not_utf8_is_listed_in_letters_that_can_be_written(folders, capsys):
    for folder, suffix in zip(folders, (".jpg", ".png"), strict=True):
        try:
            (folder / f"p2_4{suffix}").rename(folder / f"M\udcfcller{suffix}")
        except (OSError, UnicodeEncodeError):
            pytest.skip("this file system has no such names")
    cases = from_folders(*folders)
    assert cases["case"].tolist() == ["p0_0", "p0_1", "p1_2", "p1_3"]
    facts = [(p.case, p.path.name, p.what) for p in cases.attrs["problems"]]
    said = "name is not UTF-8"
    assert facts == [("M?ller", "M?ller.jpg", said), ("M?ller", "M?ller.png", said)]
    assert "M?ller.jpg, name is not UTF-8" in capsys.readouterr().out
    check(cases).to_csv().encode()


def test_no_pair_at_all_is_an_error_with_a_reason(folders):
    with pytest.raises(ValueError, match=r"no usable pair.*p0_0.jpg, no mask.*masks/p0_0_m.png"):
        from_folders(*folders, mask_name="{stem}_m")


@pytest.mark.parametrize("name", ["{stem}_mask", "seg-{stem}"])
def test_no_pair_at_all_suggests_how_the_masks_are_named(folders, name):
    for path in list(folders[1].iterdir()):
        path.rename(folders[1] / f"{name.format(stem=path.stem)}.png")
    (folders[1] / f"{name.format(stem='p0_0')}.png").unlink()
    with pytest.raises(ValueError, match=f'With mask_name="{name}", 4 of 5 images have a mask'):
        from_folders(*folders)
    assert len(from_folders(*folders, mask_name=name)) == 4


def test_no_pair_at_all_suggests_nothing_where_no_name_fits(folders):
    for path in list(folders[1].iterdir()):
        path.rename(folders[1] / f"{path.stem[-1]}.png")
    with pytest.raises(ValueError, match="no usable pair") as failure:
        from_folders(*folders)
    assert "mask_name" not in str(failure.value)


@pytest.mark.parametrize("value", [1, 11, 100, 127])
def test_masks_that_are_dark_but_not_black_are_not_taken_for_empty(folders, value):
    for path in folders[1].iterdir():
        write(path, blob(value=value))
    write(folders[1] / "p0_0.png", blob(value=0))
    said = rf"brightest value is {value},.*=\(0, {value}\).*\(at={value // 2}\)"
    with pytest.raises(ValueError, match=said):
        from_folders(*folders)
    cases = from_folders(*folders, decoding=MaskDecoding("values", values=(0, value)))
    assert check(cases)["found"].tolist() == ["empty mask"]


def test_dark_masks_of_many_values_need_another_threshold(folders):
    for path in folders[1].iterdir():
        write(path, np.arange(SIZE[0] * SIZE[1], dtype=np.uint8).reshape(SIZE) % 101)
    with pytest.raises(ValueError, match=r"=\(0, 1, .*, 7, ...\).*MaskDecoding\(at=50\)"):
        from_folders(*folders)
    assert len(from_folders(*folders, decoding=MaskDecoding(at=50))) == 5


def mixed(folders, dark, suffix=".png", n=5):
    """Many bright masks and the last `n` of them dark."""
    for number in range(300):
        write(folders[0] / f"q_{number:03d}.png", picture(0, (8, 8)))
        value = np.full((8, 8), 255, np.uint8) if number < 300 - n else dark
        write(folders[1] / f"q_{number:03d}{suffix}", value)
    return folders


def corner(value):
    mask = np.zeros((8, 8), np.uint8)
    mask[:4, :4] = value
    return mask


def test_class_numbers_among_bright_masks_are_not_taken_for_empty(folders):
    said = r"masks.p0_1.png is one of 2 masks \(of 5\) that hold class numbers .* as 255\."
    for name in ("p0_1", "p2_4"):
        write(folders[1] / f"{name}.png", blob(value=1))
    with pytest.raises(ValueError, match=said):
        from_folders(*folders)


def test_all_masks_are_counted_if_one_of_those_looked_at_is_dark(folders):
    with pytest.raises(ValueError, match=r"q_200.png is one of 100 masks \(of 305\)"):
        from_folders(*mixed(folders, corner(1), n=100))


def test_not_all_masks_of_a_large_folder_are_opened_for_a_table(folders, monkeypatch):
    opened = []
    real = checking.read_image
    monkeypatch.setattr(checking, "read_image", lambda path: opened.append(path) or real(path))
    assert len(from_folders(*mixed(folders, corner(0)))) == 305
    assert len(opened) == len(set(opened)) == 100


@pytest.mark.parametrize("file", [".png", ".jpg"])
def test_noise_in_an_empty_mask_is_no_class_number(folders, file):
    noise = np.random.default_rng(0).integers(0, 20, SIZE, dtype=np.uint8)
    for name in ("p0_1", "p2_4"):
        (folders[1] / f"{name}.png").unlink()
        write(folders[1] / f"{name}{file}", noise)
    assert len(from_folders(*folders)) == 5


def test_check_names_the_masks_that_a_threshold_takes_for_empty(folders):
    cases = from_folders(*folders)
    write(folders[1] / "p1_2.png", blob(value=1))
    found = check(cases).set_index("case")
    assert found["found"]["p1_2"] == "all is read as background, as the brightest value is 1"
    assert found["expected"]["p1_2"] == "values above 127: write it as 0/255"
    assert found["expected"]["(all)"] == "none; grey values above 127 are read as the object"


def test_masks_that_are_all_black_are_empty_as_jpegs_too(folders):
    for path in list(folders[1].iterdir()):
        path.unlink()
        write(path.with_suffix(".jpg"), blob(value=0))
    assert check(from_folders(*folders))["found"].tolist() == ["empty mask"] * 5


def test_classes_must_fit_the_decoding(folders):
    with pytest.raises(ValueError, match="2 classes do not fit the decoding 'values', which give"):
        from_folders(*folders, decoding=MaskDecoding("values", values=(0, 1, 2)))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"classes": ("background", "right", "left")}, r"classes=.*seglib.cards.*got 'background'"),
        ({"classes": "liver"}, r"classes=.*import LabelClass', got 'liver'"),
        ({"decoding": "values"}, r"decoding=.*from seglib.decoding import.*got 'values'"),
    ],
)
def test_names_in_the_place_of_classes_and_decoding_are_refused(folders, given, says):
    with pytest.raises(TypeError, match=says):
        from_folders(*folders, **given)


def test_advice_says_where_its_names_come_from(folders):
    with pytest.raises(ValueError, match="from seglib.cards import LabelClass"):
        from_folders(*folders, decoding=MaskDecoding("values", values=(0, 1, 2)))
    for path in folders[1].iterdir():
        write(path, blob(value=1))
    with pytest.raises(ValueError, match="from seglib.decoding import MaskDecoding"):
        from_folders(*folders)


def test_stray_values_are_an_error_where_values_are_exact(folders):
    mask = blob()
    mask[0, :3] = 90
    write(folders[1] / "p1_2.png", mask)
    classes = (LabelClass("background", 0, "#000000"), LabelClass("object", 255, "#E69F00"))
    cases = from_folders(
        *folders, classes=classes, decoding=MaskDecoding("values", values=(0, 255))
    )
    (row,) = check(cases).itertuples()
    assert row.case == "p1_2" and "stray values in 3 of 768 pixels (90)" in row.found


def test_stray_values_are_legal_but_reported_where_a_threshold_decodes(folders):
    mask = blob()
    mask[0, :24] = 90  # 24 of 768 pixels in one of five masks
    mask[1, :24] = 3
    write(folders[1] / "p1_2.png", mask)
    (row,) = check(from_folders(*folders)).itertuples()
    assert row.case == "(all)" and row.path == folders[1]
    assert "1.25% of the mask pixels are neither 0 nor 255, 0.62% are 11 to 244" in row.found
    mask[:, ::2] = 90
    write(folders[1] / "p1_2.png", mask)
    assert "of the pixels are grey" in check(from_folders(*folders))["found"].iloc[0]


def test_a_table_without_problems_can_be_checked(folders):
    cases = from_folders(*folders)
    del cases.attrs["problems"]  # as the table of a run
    assert check(cases).empty


def test_check_finds_blank_images(folders):
    write(folders[0] / "p1_2.jpg", np.full((*SIZE, 3), 9, np.uint8))
    (row,) = check(from_folders(*folders)).itertuples()
    assert (row.case, row.found, row.path.name) == ("p1_2", "blank image", "p1_2.jpg")


def test_check_finds_empty_masks_and_hidden_damage(folders):
    write(folders[1] / "p0_0.png", np.zeros(SIZE, np.uint8))
    path = folders[1] / "p0_1.png"
    data = bytearray(path.read_bytes())
    data[50:62] = bytes(12)  # in the middle: header and end are intact
    path.write_bytes(data)
    (folders[1] / "p2_4.png").unlink()
    cases = from_folders(*folders)
    (folders[0] / "p1_2.jpg").unlink()  # afterwards
    found = check(cases).set_index("case")["found"]
    assert "p1_2.jpg is not there" in found["p1_2"]
    assert found["p0_0"] == "empty mask" and found["p2_4"] == "no mask"
    assert "p0_1.png cannot be read" in found["p0_1"]


def test_check_finds_images_whose_header_asks_to_be_turned(folders, monkeypatch):
    images, _ = folders
    exif = Image.Exif()
    for path in list(images.iterdir()):
        path.unlink()
    for name, turn in (("p0_0.jpg", 6), ("p0_1.jpg", 0), ("p1_3.png", 8), ("p2_4.tif", 3)):
        exif[274] = turn
        Image.fromarray(picture(0)).save(images / name, exif=exif)
    Image.fromarray(picture(0)).save(images / "p1_2.png")
    cases = from_folders(*folders)
    monkeypatch.setattr(ImageFile.ImageFile, "load", None)  # headers only
    found = check(cases).set_index("case")
    assert found["found"].to_dict() == {
        "p0_0": "EXIF orientation 6, which is ignored",
        "p1_3": "EXIF orientation 8, which is ignored",
        "p2_4": "EXIF orientation 3, which is applied",
    }
    assert found["expected"]["p0_0"].startswith("1: save it upright, or see that its mask was draw")
    assert found["expected"]["p0_0"].endswith("on the stored pixels")
    assert found["expected"]["p2_4"].endswith("on the turned pixels")


# ---------------------------------------------------------------- load


@pytest.fixture
def server(tmp_path_factory):
    """A web server on this computer; yields its folder and its address."""
    folder = tmp_path_factory.mktemp("served")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    service = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=service.serve_forever, args=(0.02,), daemon=True).start()
    yield folder, f"http://127.0.0.1:{service.server_port}"
    service.shutdown()
    service.server_close()


@pytest.fixture
def shelf(monkeypatch):
    """Put a temporary card among the known ones."""

    def add(**fields):
        tiny = {"name": "tiny", "n_cases": 3, "sha256": None}
        entry = dataclasses.replace(card("kvasir-seg"), **(tiny | fields))
        monkeypatch.setitem(seglib.cards.CARDS, entry.name, entry)
        return entry

    return add


def fill(folder, n=3):
    for number in range(n):
        write(folder / "Kvasir-SEG" / "images" / f"{number}.jpg", picture(number))
        write(folder / "Kvasir-SEG" / "masks" / f"{number}.jpg", blob())


def serve(folder, n=3):
    """Zip a tiny data set into the server's folder; returns its checksum."""
    fill(folder / "raw", n)
    with zipfile.ZipFile(folder / "tiny.zip", "w") as pack:
        for path in sorted((folder / "raw").rglob("*.jpg")):
            pack.write(path, path.relative_to(folder / "raw"))
    return hashlib.sha256((folder / "tiny.zip").read_bytes()).hexdigest()


@pytest.fixture
def grouped(course, shelf):
    """Three cases whose patients stand in a table; gives the place of that table."""
    shelf(urls=(), group_table=GroupTable("groups.csv", case="stem", group="patient"))
    fill(course / "data" / "tiny")
    return course / "data" / "tiny" / "groups.csv"


def test_groups_are_read_from_a_table(grouped):
    grouped.write_text("stem,slice,patient\n2,0,7\n0,1,007\n1,2,7\nelsewhere,3,8\n")
    cases = load("tiny")
    assert cases["group"].tolist() == ["007", "7", "7"] and cases.attrs["problems"] == ()


def test_blanks_around_a_word_make_no_other_patient(grouped):
    grouped.write_text("stem ,patient\n0,p1 \n1 , p1\n2,p1\n")
    assert load("tiny")["group"].tolist() == ["p1", "p1", "p1"]
    grouped.write_text("stem,patient\n0,p1\n1,  \n2,p1\n")
    assert load("tiny")["case"].tolist() == ["0", "2"]


def test_only_an_empty_cell_of_the_table_is_missing(grouped):
    grouped.write_text("stem,patient\n0,NA\n1,None\n2,null\n")
    assert load("tiny")["group"].tolist() == ["NA", "None", "null"]


def test_a_case_that_the_table_does_not_know_is_listed(grouped):
    grouped.write_text("stem,patient\n0,7\n1,\n")
    cases = load("tiny")
    assert cases["case"].tolist() == ["0"]
    facts = {(p.case, p.what, p.expected) for p in cases.attrs["problems"]}
    assert facts == {
        ("1", "no row in groups.csv", "1 in column stem"),
        ("2", "no row in groups.csv", "2 in column stem"),
    }


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (None, FileNotFoundError, "groups.csv is not there.*with the columns stem and patient"),
        ("stem;patient\n0;7\n", ValueError, "groups.csv is separated by ';', expected commas"),
        ("stem,patient\n0,7,8\n", ValueError, "groups.csv cannot be read as a table: its rows are"),
        ("name,person\n", ValueError, "has the columns name, person; expected also patient and st"),
        ("stem,patient\n0,7\n0,8\n", ValueError, "gives the case 0 more than one patient"),
    ],
)
def test_a_bad_table_of_groups_is_a_clear_error(grouped, text, error, message):
    if text is not None:
        grouped.write_text(text)
    with pytest.raises(error, match=message):
        load("tiny")


@pytest.mark.parametrize("text", ["Fälle,Größe\n1,2\n", "", "case,group\na,1,2\n"])
def test_a_table_of_somebody_else_beside_the_images_is_left_alone(folders, course, text):
    (course / "table.csv").write_text(text, encoding="latin-1")
    assert len(from_folders(*folders)) == 5


def test_sites_come_from_names(course, shelf):
    shelf(urls=(), site_pattern=r"^(north|south)_")
    images, masks = (course / "data" / "tiny" / "Kvasir-SEG" / kind for kind in ("images", "masks"))
    for name in ("north_1", "north_2", "south_1", "moon_1"):
        write(images / f"{name}.jpg", picture(1))
        write(masks / f"{name}.jpg", blob())
    cases = load("tiny")
    assert cases["site"].tolist() == ["north", "north", "south"]
    assert the_problem(cases).what == "no site in the name"


def test_load_reads_licence_out_once(course, shelf, capsys):
    shelf(urls=())
    fill(course / "data" / "tiny")
    assert len(load("tiny")) == 3
    said = capsys.readouterr().out
    assert "Licence: Research and education only" in said and "Please cite: Jha D" in said
    load("tiny")
    assert capsys.readouterr().out == ""
    assert (course / "data" / ".seen" / "tiny").is_file()


def test_a_course_that_cannot_be_written_to_can_be_read(course, shelf, capsys):
    shelf(urls=())
    fill(course / "shared" / "tiny")
    (course / "data").write_text("a file, so that no folder can be made of it")
    for _ in range(2):
        assert len(load("tiny", data="shared")) == 3
        assert "Licence: Research and education only" in capsys.readouterr().out


def test_data_elsewhere_is_found_and_left_untouched(course, shelf, monkeypatch):
    shelf()
    fill(course / "shared" / "tiny")
    before = sorted((course / "shared").rglob("*"))
    monkeypatch.setenv("SEGLIB_DATA", str(course / "shared"))
    assert load("tiny")["image"][0].is_relative_to(course / "shared")
    monkeypatch.delenv("SEGLIB_DATA")
    assert load("tiny", data="shared")["image"][0].is_relative_to(course / "shared")
    assert sorted((course / "shared").rglob("*")) == before


def test_check_compares_the_number_of_cases(course, shelf):
    shelf(n_cases=4)
    fill(course / "data" / "tiny")
    found = check("tiny").set_index("case")
    assert found.loc["(all)", "found"].iloc[0] == "3 usable cases"
    assert found.loc["(all)", "expected"].iloc[0] == "4 cases"


def test_missing_data_without_address_says_what_to_do(course, shelf):
    shelf(urls=(), manual="ask the authors")
    with pytest.raises(
        FileNotFoundError, match="tiny was not found: .*tiny is not there. By hand: ask the auth"
    ):
        load("tiny")


@pytest.mark.parametrize(("there", "missing"), [("images", "masks"), ("masks", "images")])
def test_half_a_data_set_says_which_folder_is_missing(course, shelf, there, missing):
    shelf(urls=(), manual="unzip both")
    (course / "mine" / "tiny" / "Kvasir-SEG" / there).mkdir(parents=True)
    with pytest.raises(FileNotFoundError) as failure:
        load("tiny", data=course / "mine")
    said, place = str(failure.value), course / "mine" / "tiny" / "Kvasir-SEG"
    assert f"{place.parent} lacks the folder Kvasir-SEG/{missing}; {course / 'data'}" in said
    assert f"unzip both, so that {place / 'images'} and {place / 'masks'} exist." in said


def test_a_zip_that_was_unzipped_beside_the_data_sets_is_found(course, shelf):
    shelf(urls=())
    fill(course / "mine")
    cases = load("tiny", data=course / "mine")
    assert cases["image"][0] == course / "mine" / "Kvasir-SEG" / "images" / "0.jpg"


def test_folders_of_a_common_name_are_not_taken_for_a_data_set(course, shelf):
    shelf(urls=(), images="images", masks="masks")
    for part in ("images", "masks"):
        (course / "mine" / part).mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="tiny was not found"):
        load("tiny", data=course / "mine")


@pytest.mark.parametrize("verified", [True, False])
def test_a_download_is_announced_verified_and_moved(course, shelf, server, capsys, verified):
    checksum = serve(server[0])
    shelf(urls=(f"{server[1]}/tiny.zip",), sha256=checksum if verified else None, size_mb=46)
    assert load("tiny")["case"].tolist() == ["0", "1", "2"]
    said = capsys.readouterr().out
    assert said.startswith("Kvasir-SEG: downloading 46 MB to ")
    assert said.index("Licence: ") < said.index("Please cite")
    assert {path.name for path in (course / "data").iterdir()} == {"tiny", ".seen"}
    (server[0] / "tiny.zip").unlink()
    assert len(load("tiny")) == 3  # from disk


def test_the_second_address_is_tried(course, shelf, server):
    serve(server[0])
    shelf(urls=(f"{server[1]}/gone.zip", f"{server[1]}/tiny.zip"))
    assert len(load("tiny")) == 3


def test_a_read_only_data_folder_is_spared(course, shelf, server, monkeypatch):
    serve(server[0])
    shelf(urls=(f"{server[1]}/tiny.zip",))
    (course / "shared").mkdir()
    monkeypatch.setattr(seglib.sources.os, "access", lambda *_: False)
    assert load("tiny", data=course / "shared")["image"][0].is_relative_to(course / "data")


def test_nothing_is_downloaded_to_a_folder_that_may_be_misspelt(
    course, shelf, server, monkeypatch, capsys
):
    serve(server[0])
    shelf(urls=(f"{server[1]}/tiny.zip",))
    monkeypatch.setenv("SEGLIB_DATA", str(course / "sharde"))
    with pytest.raises(FileNotFoundError, match=r"sharde, where .* not exist.* tiny .*SEGLIB_DATA"):
        load("tiny")
    assert list(course.iterdir()) == [] and "downloading" not in capsys.readouterr().out
    (course / "sharde").mkdir()  # so it is meant
    assert load("tiny")["image"][0].is_relative_to(course / "sharde")


@pytest.mark.parametrize(
    ("content", "reason"),
    [("wrong checksum", "hash"), ("no zip", "BadZipFile"), ("no folder", "expected a folder")],
)
def test_a_failed_download_says_all_and_leaves_nothing(course, shelf, server, content, reason):
    sha256 = None
    if content == "wrong checksum":
        serve(server[0])
        sha256 = "0" * 64
    elif content == "no zip":
        (server[0] / "tiny.zip").write_text("<html>please log in</html>")
    else:
        with zipfile.ZipFile(server[0] / "tiny.zip", "w") as pack:
            pack.writestr("readme.txt", "hello")
    url = f"{server[1]}/tiny.zip"
    shelf(urls=(url,), sha256=sha256)
    with pytest.raises(FileNotFoundError) as failure:
        load("tiny")
    message = str(failure.value)
    assert url in message and reason in message and str(course / "data" / "tiny") in message
    assert (sha256 or "the authors publish none") in message
    assert "By hand: download kvasir-seg.zip" in message
    assert list((course / "data").iterdir()) == []


@pytest.mark.parametrize("part", ["images", "masks"])
def test_a_download_that_lacks_images_is_refused(course, shelf, server, part):
    fill(server[0] / "raw")
    (server[0] / "raw" / "Kvasir-SEG" / part / "2.jpg").rename(server[0] / "raw" / "2.jpg")
    serve(server[0], n=0)
    shelf(urls=(f"{server[1]}/tiny.zip",))
    with pytest.raises(FileNotFoundError, match=f"expected 3 images in Kvasir-SEG/{part}, found o"):
        load("tiny")
    assert list((course / "data").iterdir()) == []
    shelf(urls=(f"{server[1]}/tiny.zip",), n_cases=0)  # nobody says how many there are
    assert len(load("tiny")) == 2


def test_no_network_is_one_clear_error(course, shelf):
    shelf(urls=("http://127.0.0.1:9/tiny.zip",))
    with pytest.raises(FileNotFoundError, match="tiny could not be downloaded.*By hand: "):
        load("tiny")


def test_a_folder_in_the_way_is_not_overwritten(course, shelf, server):
    serve(server[0])
    shelf(urls=(f"{server[1]}/tiny.zip",))
    (course / "data" / "tiny").mkdir(parents=True)
    (course / "data" / "tiny" / "mine.txt").write_text("dear to me")
    with pytest.raises(
        ValueError, match="tiny is there but lacks the folder Kvasir-SEG/images and"
    ):
        load("tiny")
    assert (course / "data" / "tiny" / "mine.txt").read_text() == "dear to me"


def test_phantoms_are_generated_once(course, shelf, monkeypatch, capsys):
    calls = []

    def write_few(card, inside):
        calls.append(card.generator)
        fill(inside)

    monkeypatch.setattr(seglib.sources, "_generate", write_few)
    shelf(generator="polyp", urls=())
    elsewhere = course / "shared"
    elsewhere.mkdir()
    for _ in range(2):
        cases = load("tiny", data=elsewhere)
    assert calls == ["polyp"] and list(elsewhere.iterdir()) == []
    assert cases["image"][0].is_relative_to(course / "data" / "tiny")
    assert capsys.readouterr().out == ""  # no licence to read out


def test_an_unknown_data_set_lists_the_known_ones(course):
    with pytest.raises(ValueError, match="Unknown data set 'kvasir-segg'.*'kvasir-seg'.*phantom"):
        load("kvasir-segg")
