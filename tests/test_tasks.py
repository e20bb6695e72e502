"""The real recording and the real text, offline."""

import subprocess
import sys

import pytest
import torch

from lite_mamba.course import tasks


def test_the_recording_is_in_millivolts_at_two_thousand_samples_a_second():
    recording = tasks.membrane_voltage()  # (L,)
    assert recording.shape == (12_000,) and recording.dtype == torch.float32
    assert 1 / tasks.MEMBRANE_STEP == 2000
    assert -70 < recording.min() < -60 and 0 < recording.max() < 10
    assert recording.isfinite().all()


def test_a_part_of_the_recording_is_its_start_and_a_copy():
    part = tasks.membrane_voltage(100)
    assert torch.equal(part, tasks.membrane_voltage()[:100])
    part.zero_()
    assert tasks.membrane_voltage(100).any()


@pytest.mark.parametrize("n", [0, -1, 12_001])
def test_a_length_that_is_not_there_is_refused(n):
    with pytest.raises(ValueError, match="the recording has 12000 samples"):
        tasks.membrane_voltage(n)


def test_the_text_starts_alike_and_is_python():
    text = tasks.library_text(200_000)
    assert len(text) == 200_000 and tasks.library_text(1000) == text[:1000]
    assert b"import " in text and b"def " in text


def test_nothing_is_nothing():
    assert tasks.library_text(0) == b""


def test_the_whole_text_has_millions_of_bytes_and_no_tests():
    assert 5_000_000 < len(tasks.library_text()) < 30_000_000


def test_folders_of_tests_and_packages_are_left_out(tmp_path):
    for name in ("b.py", "a/x.py", "a/test/t.py", "tests/t.py", "site-packages/p.py", "a/notes.txt", "c.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    files = [path.relative_to(tmp_path).as_posix() for path in tasks._library_files(tmp_path)]
    assert files == ["a/x.py", "b.py", "c.py"]


@pytest.mark.parametrize("n_bytes", [-1, 10**9])
def test_more_or_less_than_there_is_is_refused(n_bytes):
    with pytest.raises(ValueError, match="n_bytes"):
        tasks.library_text(n_bytes)


def test_the_text_is_the_same_in_another_process():
    program = "import sys; from lite_mamba.course import tasks; sys.stdout.buffer.write(tasks.library_text(10**6))"
    assert subprocess.check_output([sys.executable, "-c", program]) == tasks.library_text(10**6)
