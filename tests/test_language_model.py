"""The language model: transformers' logits, streaming, and honest sampling."""

import copy

import pytest
import torch

from lite_mamba import InferenceParams
from lite_mamba.language_model import MambaLM, sample


@pytest.fixture
def model():
    torch.manual_seed(0)
    return MambaLM(vocab_size=40, d_model=16, n_layers=2, conv_dilations=(1, 2))


@pytest.fixture
def prompt():
    return torch.randint(0, 40, (2, 11), generator=torch.Generator().manual_seed(1))


def transformers_model():
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(3)
    config = transformers.MambaConfig(
        vocab_size=50, hidden_size=24, state_size=8, num_hidden_layers=3, use_mambapy=False, pad_token_id=0
    )
    return transformers.MambaForCausalLM(config).eval()


def test_a_transformers_checkpoint_gives_transformers_logits(prompt):
    theirs = transformers_model()
    ours = MambaLM(50, 24, 3, d_state=8)
    ours.load_state_dict(theirs.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(ours(prompt), theirs(prompt).logits, rtol=1e-5, atol=1e-5)


def test_a_head_of_its_own_is_refused():
    state = transformers_model().state_dict()
    state["lm_head.weight"] = state["lm_head.weight"] + 1
    with pytest.raises(ValueError, match=r"lm_head\.weight differs from the embedding.*tied head"):
        MambaLM(50, 24, 3, d_state=8).load_state_dict(state)


def test_a_transformers_checkpoint_loads_as_a_part_of_a_larger_model(prompt):
    theirs, ours = transformers_model(), torch.nn.ModuleDict({"model": MambaLM(50, 24, 3, d_state=8)})
    ours.load_state_dict({f"model.{name}": value for name, value in theirs.state_dict().items()})
    with torch.no_grad():
        torch.testing.assert_close(ours["model"](prompt), theirs(prompt).logits, rtol=1e-4, atol=1e-4)


def test_every_module_finds_the_version_of_its_own_weights(model):
    class Versioned(torch.nn.Linear):
        _version = 7

        def _load_from_state_dict(self, state_dict, prefix, metadata, *rest):
            versions.append(metadata.get("version"))
            super()._load_from_state_dict(state_dict, prefix, metadata, *rest)

    versions = []
    model.layers[0].mixer.in_proj = Versioned(16, 64, bias=False)
    model.load_state_dict(model.state_dict())
    assert versions == [7]


def test_own_weights_load_strictly_and_copies_are_equal(model, prompt):
    other = MambaLM(vocab_size=40, d_model=16, n_layers=2, conv_dilations=(1, 2))
    other.load_state_dict(model.state_dict())
    with torch.no_grad():
        assert torch.equal(other(prompt), model(prompt))
        assert torch.equal(copy.deepcopy(model)(prompt), model(prompt))


def test_streaming_gives_the_logits_of_one_pass(model, prompt):
    stream, parts = InferenceParams(11, 2), []
    with torch.no_grad():
        for chunk in prompt.split([4, 1, 6], dim=1):
            parts.append(model(chunk, stream))
            stream.seqlen_offset += chunk.shape[1]
        torch.testing.assert_close(torch.cat(parts, dim=1), model(prompt), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("chunk_size", [1, 4, 100])
def test_greedy_tokens_are_those_of_repeated_full_passes(model, prompt, chunk_size):
    generated = torch.stack(list(model.generate(prompt, 6, temperature=0, chunk_size=chunk_size)), dim=1)  # (B, 6)
    ids = prompt
    with torch.no_grad():
        for _ in range(6):
            ids = torch.cat([ids, model(ids)[:, -1:].argmax(-1)], dim=1)
    assert torch.equal(generated, ids[:, 11:])


def test_packed_sequences_equal_separate_ones(model, prompt):
    seq_idx = torch.tensor([[0] * 5 + [1] * 6] * 2)
    with torch.no_grad():
        packed = model(prompt, seq_idx=seq_idx)
        torch.testing.assert_close(packed[:, 5:], model(prompt[:, 5:]), rtol=1e-4, atol=1e-5)


def test_one_seed_gives_one_text_and_leaves_the_global_generator_alone(model, prompt):
    before = torch.get_rng_state()
    first, again, other = (torch.stack(list(model.generate(prompt, 20, seed=seed))) for seed in (5, 5, 6))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)


def test_tokens_come_one_by_one(model, prompt):
    tokens = model.generate(prompt, 1000)
    assert next(tokens).shape == (2,)
    assert next(tokens).shape == (2,)


def test_a_generated_token_carries_no_graph(model, prompt):
    assert torch.is_grad_enabled()
    assert not next(model.generate(prompt, 1)).requires_grad


def draws(**options):
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log().expand(20_000, 4)
    return sample(logits, generator=torch.Generator().manual_seed(0), **options)


def test_without_options_the_draws_follow_the_probabilities():
    shares = draws().bincount(minlength=4) / 20_000
    torch.testing.assert_close(shares, torch.tensor([0.5, 0.3, 0.15, 0.05]), rtol=0, atol=0.02)


def test_temperature_sharpens_and_flattens():
    share = [float((draws(temperature=t) == 0).float().mean()) for t in (0.5, 1.0, 2.0)]
    assert share[0] > 0.6 > share[1] > 0.45 > share[2]


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"top_k": 2}, {0, 1}),
        ({"top_k": 1}, {0}),
        ({"top_k": 10}, {0, 1, 2, 3}),
        ({"top_p": 0.4}, {0}),
        ({"top_p": 0.6}, {0, 1}),
        ({"top_p": 0.9}, {0, 1, 2}),
        ({"top_p": 1.0}, {0, 1, 2, 3}),
        ({"top_k": 3, "top_p": 0.6}, {0, 1}),
        ({"temperature": 0}, {0}),
    ],
)
def test_options_limit_the_draws_to_the_likeliest_tokens(options, allowed):
    assert set(draws(**options).tolist()) == allowed


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((torch.zeros(1, 0, dtype=torch.long), 1), {}, "the prompt is empty"),
        ((torch.zeros(3, dtype=torch.long), 1), {}, r"shape \(B, L\).*got \(3,\)"),
        ((torch.zeros(1, 3), 1), {}, r"must hold int64 or int32 numbers, got torch\.float32"),
        (([1, 2], 1), {}, "must be a torch.Tensor, got list"),
        ((torch.ones(1, 1, dtype=torch.long), -1), {}, "n_tokens must be at least 0, got -1"),
        ((torch.ones(1, 1, dtype=torch.long), 1), {"temperature": -1}, "temperature must be a finite number"),
        ((torch.ones(1, 1, dtype=torch.long), 1), {"top_k": 0}, "top_k must be at least 1, got 0"),
        ((torch.ones(1, 1, dtype=torch.long), 1), {"top_p": 1.5}, "top_p must be above 0 and at most 1, got 1.5"),
        ((torch.zeros(1, 3, dtype=torch.uint8), 1), {}, r"must hold int64 or int32 numbers, got torch\.uint8; convert"),
        ((torch.ones(0, 3, dtype=torch.long), 1), {}, "the prompt is empty"),
        ((torch.ones(1, 1, dtype=torch.long), 1), {"seed": "one"}, r"seed must be an integer, got 'one'"),
        ((torch.ones(1, 1, dtype=torch.long), 1), {"chunk_size": 0}, "chunk_size must be at least 1, got 0"),
    ],
)
def test_wrong_use_of_generate_is_refused_at_once(model, arguments, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        model.generate(*arguments, **options)


@pytest.mark.parametrize("wrong", [-1, 40, 10**6])
def test_an_id_outside_of_the_vocabulary_is_named(model, prompt, wrong):
    prompt[1, 4] = wrong
    message = rf"at least 0 and below vocab_size = 40, got {wrong}; encode"
    with pytest.raises(ValueError, match=message):
        model(prompt)
    with pytest.raises(ValueError, match=message):
        next(model.generate(prompt, 1))


def test_no_check_reads_the_values_of_ids(model, prompt):
    torch.compiler.reset()
    with torch.no_grad():
        compiled = torch.compile(model, fullgraph=True, backend="eager")
        torch.testing.assert_close(compiled(prompt), model(prompt))
    assert model.to("meta")(prompt.to("meta")).shape == (2, 11, 40)


def test_the_branches_of_a_deep_model_start_no_larger_together_than_one():
    torch.manual_seed(1)
    shallow, deep = (MambaLM(8, 64, n_layers) for n_layers in (1, 16))
    spread = [layer.mixer.out_proj.weight.std() for model in (shallow, deep) for layer in model.layers]
    torch.testing.assert_close(torch.stack(spread[1:]), (spread[0] / 4).expand(16), rtol=0.05, atol=0)
    assert spread[0].item() == pytest.approx(128**-0.5 / 3**0.5, rel=0.05)  # as nn.Linear draws it


@pytest.mark.parametrize("sizes", [(0, 8, 1), (8, 0, 1), (8, "8", 1), (8, 8, 0), (8, 8, 1.5)])
def test_wrong_sizes_are_refused(sizes):
    with pytest.raises((TypeError, ValueError), match=r"must be (at least|an integer)"):
        MambaLM(*sizes)


def test_an_epsilon_that_is_no_number_above_zero_is_refused():
    for eps in (-1.0, "small"):
        with pytest.raises((TypeError, ValueError), match="norm_eps must be a"):
            MambaLM(8, 8, 1, norm_eps=eps)
