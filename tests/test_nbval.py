"""The kernels of strict nbval: what notebooks/conftest.py does for them."""

import importlib.util
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parent.parent / "notebooks/conftest.py"


@pytest.fixture
def conftest():
    spec = importlib.util.spec_from_file_location("notebooks_conftest", CONFTEST)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("deaths", range(4))
def test_a_kernel_that_dies_is_started_again_but_not_for_ever(conftest, deaths):
    left = [RuntimeError("Kernel died before replying to kernel_info")] * deaths

    def start(kernel_name):
        if left:
            raise left.pop()
        return kernel_name

    again = conftest.started_again(start)
    if deaths < conftest.STARTS:
        assert again(kernel_name="python3") == "python3"
    else:
        with pytest.raises(RuntimeError, match="died"):
            again(kernel_name="python3")
    assert not left
