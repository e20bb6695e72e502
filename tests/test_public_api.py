"""The public names, their signatures, and what importing the package asks for."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import lite_mamba

SIGNATURES = {
    lite_mamba.Mamba: """
        d_model, d_state=16, d_conv=4, conv_dilations=(1,), expand=2, dt_rank='auto', dt_min=0.001, dt_max=0.1,
        dt_init='random', dt_scale=1.0, dt_init_floor=0.0001, conv_bias=True, bias=False, use_fast_path=False,
        layer_idx=None, device=None, dtype=None""",
    lite_mamba.Mamba.forward: "self, hidden_states, inference_params=None, *, seq_idx=None",
    lite_mamba.Mamba.step: "self, hidden_states, conv_state, ssm_state, *, restart=None",
    lite_mamba.Mamba.allocate_inference_cache: "self, batch_size, max_seqlen, dtype=None, **kwargs",
    lite_mamba.selective_scan_fn: """
        u, delta, A, B, C, D=None, z=None, delta_bias=None, delta_softplus=False, return_last_state=False,
        *, initial_state=None, seq_idx=None""",
    lite_mamba.selective_scan_ref: """
        u, delta, A, B, C, D=None, z=None, delta_bias=None, delta_softplus=False, return_last_state=False,
        *, initial_state=None, seq_idx=None""",
    lite_mamba.selective_state_update: "state, x, dt, A, B, C, D=None, z=None, dt_bias=None, dt_softplus=False",
    lite_mamba.causal_dilated_conv1d_fn: """
        x, weight, bias=None, activation=None, dilation=1, *, initial_state=None, seq_idx=None""",
    lite_mamba.causal_dilated_conv1d_update: "x, conv_state, weight, bias=None, activation=None, dilation=1",
    lite_mamba.receptive_field: "d_conv, dilations, stacked=False",
}
PACKAGE = Path(lite_mamba.__file__).parent
CORE = [path for path in PACKAGE.rglob("*.py") if "course" not in path.relative_to(PACKAGE).parts]


def without_annotations(function):
    signature = inspect.signature(function)
    plain = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    return str(inspect.Signature(plain))


@pytest.mark.parametrize("function", SIGNATURES, ids=lambda f: f.__qualname__)
def test_a_signature_is_the_documented_one(function):
    expected = " ".join(SIGNATURES[function].split())
    assert without_annotations(function) == f"({expected})"


def test_inference_params_takes_three_arguments_and_keeps_the_caches():
    assert list(inspect.signature(lite_mamba.InferenceParams).parameters)[:3] == [
        "max_seqlen",
        "max_batch_size",
        "seqlen_offset",
    ]
    assert lite_mamba.InferenceParams(1, 1).key_value_memory_dict == {}


def test_the_public_names_are_exactly_these():
    assert sorted(lite_mamba.__all__) == [
        "InferenceParams",
        "Mamba",
        "causal_dilated_conv1d_fn",
        "causal_dilated_conv1d_update",
        "receptive_field",
        "selective_scan_fn",
        "selective_scan_ref",
        "selective_state_update",
    ]
    assert all(hasattr(lite_mamba, name) for name in lite_mamba.__all__)


@pytest.mark.parametrize("name", lite_mamba.__all__)
def test_a_public_name_has_a_docstring_with_an_example(name):
    documented = getattr(lite_mamba, name)
    text = inspect.getdoc(documented)
    assert ">>> " in text and ("Args:" in text)
    assert "Raises:" in text


def modules_after(program: str) -> list[str]:
    """The modules that a fresh Python has loaded after a program."""
    program += "\nimport sys; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return result.stdout.split()


def test_importing_the_package_imports_nothing_of_the_course():
    unwanted = ("matplotlib", "ipywidgets", "IPython", "jupyter", "transformers", "mambapy", "lite_mamba.course")
    assert [name for name in modules_after("import lite_mamba") if name.startswith(unwanted)] == []


@pytest.mark.skipif(torch.__version__ < "2.8", reason="einops loads the compiler of a PyTorch before 2.8")
def test_a_forward_and_a_backward_pass_do_not_load_the_compiler():
    program = "import lite_mamba, torch; lite_mamba.Mamba(8)(torch.randn(1, 4, 8)).sum().backward()"
    assert "torch._dynamo" not in modules_after(program)


def test_the_core_imports_only_torch_einops_and_the_standard_library():
    allowed = {*sys.stdlib_module_names, "torch", "einops", "lite_mamba"}
    for path in CORE:
        more = {"onnxscript"} if path.name == "onnx_export.py" else set()
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            for name in names:
                assert name.split(".")[0] in allowed | more, f"{path.name} imports {name}"
            assert not (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course")), path.name


def test_the_package_carries_its_types():
    assert (PACKAGE / "py.typed").is_file()
