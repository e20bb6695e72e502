"""Exercises of notebook 11: one token through scan and block, a generation loop, memory, a reset, three bugs."""

import math
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import Tensor

from lite_mamba import InferenceParams, Mamba, selective_scan_fn

from ...checking.exercise import Draw, Exercise, Misconception, Question
from ..ch03_streaming_a_convolution.exercises import gated_conv_step

# Exercise 1: state_update


def state_update(
    h: Tensor,
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    z: Tensor,
    dt_bias: Tensor,
) -> tuple[Tensor, Tensor]:
    """One token of the scan: the output (B, D) and the next state (B, D, N)."""
    return _update(h, u, delta, A, B, C, D, z, dt_bias)


def _update(
    h,
    u,
    delta,
    A,
    B,
    C,
    D,
    z,
    dt_bias,
    step=lambda delta, bias: F.softplus(delta + bias),
    decay=lambda delta, A: torch.exp(delta[..., None] * A),
    drive=lambda delta, A, B, u: (delta * u)[..., None] * B[:, None],
    read=lambda old, new: new,
    kept=lambda old, new: new,
    finish=lambda y, u, D, z: (y + D * u) * F.silu(z),
):
    """One token, with single places that may be wrong."""
    delta = step(delta, dt_bias)  # (B, D)
    new = decay(delta, A) * h + drive(delta, A, B, u)  # (B, D, N)
    y = torch.einsum("b d n, b n -> b d", read(h, new), C)  # (B, D)
    return finish(y, u, D, z), kept(h, new)


def _wrong_update(**wrong):
    return lambda *given: _update(*given, **wrong)


def _held(delta, A, B, u):
    return (torch.expm1(delta[..., None] * A) / A) * B[:, None] * u[..., None]


def _draw_token(draw: Draw) -> dict:
    batch, channels, states = draw.size(1, 3), draw.size(1, 4), draw.size(1, 4)
    return {
        "h": draw.normal(batch, channels, states),
        "u": draw.normal(batch, channels),
        "delta": draw.normal(batch, channels),
        "A": -draw.uniform(0.2, 2.0, channels, states).round(decimals=1),
        "B": draw.normal(batch, states),
        "C": draw.normal(batch, states),
        "D": draw.normal(channels),
        "z": draw.normal(batch, channels),
        "dt_bias": draw.normal(channels),
    }


UPDATE = Exercise(
    id="11.state_update",
    title="One token of the scan",
    reference=state_update,
    cases=_draw_token,
    misconceptions=[
        Misconception(
            "an output read before the update",
            "Your output reads the state of the token before. So the present token does not reach its own output "
            "through the state, only through the skip. Which h stands in y = C · h?",
            _wrong_update(read=lambda old, new: old),
        ),
        Misconception(
            "a step size without softplus",
            "You use delta + dt_bias as it is. It may be negative, and then exp(Δ·A) is above one: the state grows "
            "instead of fading. Which function makes a step size positive?",
            _wrong_update(step=lambda delta, bias: delta + bias),
        ),
        Misconception(
            "a step size without its bias",
            "You apply softplus to delta alone. The bias holds the time scale that the channel was born with "
            "(notebook 06). Where does it come in, before softplus or behind it?",
            _wrong_update(step=lambda delta, bias: F.softplus(delta)),
        ),
        Misconception(
            "the bias added twice",
            "dt_bias comes in two times. Nothing raises, the step sizes are only longer than they should be. Look "
            "for each place where it is added.",
            _wrong_update(step=lambda delta, bias: F.softplus(delta + 2 * bias)),
        ),
        Misconception(
            "the bias added behind softplus",
            "You add dt_bias to the finished step size. A negative bias may then make it negative. Add first, then "
            "make it positive.",
            _wrong_update(step=lambda delta, bias: F.softplus(delta) + bias),
        ),
        Misconception(
            "a state that is returned as it came",
            "The output is right, and the state that you return is the one that was given. The next token would "
            "start from there, and nothing would ever be remembered.",
            _wrong_update(kept=lambda old, new: old),
        ),
        Misconception(
            "a forgotten decay",
            "You add the drive to the old state, and the old state does not fade. Which factor stands in front of "
            "h in equation 2?",
            _wrong_update(decay=lambda delta, A: torch.ones(())),
        ),
        Misconception(
            "a decay without the step size",
            "Your decay is exp(A), the same at every token. Then a token with a small Δ, which should pass almost "
            "unseen, still makes the state fade.",
            _wrong_update(decay=lambda delta, A: torch.exp(A)),
        ),
        Misconception(
            "a decay without the exponential",
            "You multiply the state by Δ·A, which is negative. The decay is the exponential of it, a number between "
            "0 and 1.",
            _wrong_update(decay=lambda delta, A: delta[..., None] * A),
        ),
        Misconception(
            "a drive without the step size",
            "You add B·u. The code adds Δ·B·u: a token with a small Δ is hardly written.",
            _wrong_update(drive=lambda delta, A, B, u: u[..., None] * B[:, None]),
        ),
        Misconception(
            "a drive by zero-order hold",
            "This is equation 4 of the paper, the exact way in. The authors' code and the package use Δ·B·u, and a "
            "trained model expects what it was trained with. Notebook 04 says why.",
            _wrong_update(drive=_held),
        ),
        Misconception(
            "a gate without SiLU",
            "You multiply by z itself. The gate is SiLU(z) = z · sigmoid(z).",
            _wrong_update(finish=lambda y, u, D, z: (y + D * u) * z),
        ),
        Misconception(
            "a skip behind the gate",
            "You gate y first and add D·u afterwards, so the skip passes a closed gate. Which of the two comes first "
            "in (y + D·u) · SiLU(z)?",
            _wrong_update(finish=lambda y, u, D, z: y * F.silu(z) + D * u),
        ),
        Misconception(
            "a missing skip",
            "The part D·u of the output is not there. It goes past the state, straight from the input.",
            _wrong_update(finish=lambda y, u, D, z: y * F.silu(z)),
        ),
    ],
)

# Exercise 2: block_step

PARTS = {"conv_step": gated_conv_step, "state_update": state_update}


def block_step(
    token: Tensor,
    history: Tensor,
    h: Tensor,
    weights: dict,
    parts: dict,
) -> tuple[Tensor, Tensor, Tensor]:
    """One token through the block: the output (B, d_model), the next history and the next state."""
    return _step(token, history, h, weights, parts)


def _step(
    token,
    history,
    h,
    w,
    parts,
    halves=lambda x, z: (x, z),
    cut=lambda selected, rank, states: selected.split([rank, states, states], dim=-1),
    select_from=lambda x, u: u,
    scan_of=lambda x, u: u,
    delta_of=lambda delta, w: delta,
    A_of=lambda A_log: -torch.exp(A_log),
    kept=lambda old, new: new,
    gate=lambda y, z: y,
):
    """The step with single places that may be wired wrongly."""
    x, z = halves(*(token @ w["in_proj"].T).chunk(2, dim=-1))  # (B, d_inner) each
    u, new_history = parts["conv_step"](
        x, history, w["conv_weights"], w["conv_biases"], w["conv_gates"], w["dilations"]
    )
    rank, states = w["dt_proj"].shape[1], h.shape[-1]
    low_rank, B, C = cut(select_from(x, u) @ w["x_proj"].T, rank, states)
    delta = delta_of(low_rank @ w["dt_proj"].T, w)  # (B, d_inner)
    y, new_h = parts["state_update"](h, scan_of(x, u), delta, A_of(w["A_log"]), B, C, w["D"], z, w["dt_bias"])
    (history, h) = kept((history, h), (new_history, new_h))
    return gate(y, z) @ w["out_proj"].T, history, h


def _C_before_B(selected, rank, states):
    low_rank, C, B = selected.split([rank, states, states], dim=-1)
    return low_rank, B, C


def _low_rank_last(selected, rank, states):
    B, C, low_rank = selected.split([states, states, rank], dim=-1)
    return low_rank, B, C


def _wired(**wrong):
    return lambda token, history, h, weights, parts: _step(token, history, h, weights, parts, **wrong)


def _one_step(function, token, history, h, weights):
    return function(token, history, h, weights, dict(PARTS))


def _draw_step(draw: Draw) -> dict:
    batch, width, states = draw.size(1, 3), draw.size(1, 3), draw.size(1, 3)
    taps, branches, rank = draw.size(2, 3), draw.size(1, 2), draw.size(1, 2)
    inner, dilations = 2 * width, tuple(range(1, branches + 1))
    weights = {
        "in_proj": draw.normal(2 * inner, width),
        "conv_weights": [draw.normal(inner, taps) for _ in dilations],
        "conv_biases": [draw.normal(inner) for _ in dilations],
        "conv_gates": draw.normal(branches),
        "dilations": dilations,
        "x_proj": draw.normal(rank + 2 * states, inner),
        "dt_proj": draw.normal(inner, rank),
        "dt_bias": draw.normal(inner),
        "A_log": draw.uniform(0.1, 1.0, inner, states).round(decimals=1),
        "D": draw.normal(inner),
        "out_proj": draw.normal(width, inner),
    }
    return {
        "token": draw.normal(batch, width),
        "history": draw.normal(batch, inner, (taps - 1) * branches),
        "h": draw.normal(batch, inner, states),
        "weights": weights,
    }


STEP = Exercise(
    id="11.block_step",
    title="One token through the block",
    reference=block_step,
    cases=_draw_step,
    apply=_one_step,
    rtol=1e-3,
    atol=1e-4,
    misconceptions=[
        Misconception(
            "the halves in exchanged places",
            "Your x is z, and your z is x. The first half of what in_proj gives is the signal x, the second half is "
            "the gate z.",
            _wired(halves=lambda x, z: (z, x)),
        ),
        Misconception(
            "B and C in exchanged places",
            "Your B is C, and your C is B: the state is written with the way out and read with the way in. Nothing "
            "raises, both have N numbers. In which order does x_proj give its three parts?",
            _wired(cut=_C_before_B),
        ),
        Misconception(
            "the low rank taken from the end",
            "You take the low rank of Δ from the end of what x_proj gives, and B and C from its beginning. In which "
            "order does x_proj give its three parts?",
            _wired(cut=_low_rank_last),
        ),
        Misconception(
            "a selection that does not see the convolution",
            "Δ, B and C are made from x. In the block they are made from u, the signal behind the convolution.",
            _wired(select_from=lambda x, u: x),
        ),
        Misconception(
            "a scan past the convolution",
            "The scan gets x. So the convolution is computed and only used for the selection. Which signal goes "
            "into the scan?",
            _wired(scan_of=lambda x, u: x),
        ),
        Misconception(
            "the bias added twice",
            "You add dt_bias to delta, and state_update adds it once more. One of the two has to go. A published "
            "package shipped this mistake.",
            _wired(delta_of=lambda delta, w: delta + w["dt_bias"]),
        ),
        Misconception(
            "softplus taken twice",
            "You make delta positive, and state_update does it again. Hand it over as dt_proj gives it.",
            _wired(delta_of=lambda delta, w: F.softplus(delta)),
        ),
        Misconception(
            "A_log in the place of A",
            "state_update wants A, which is negative. The parameter is its logarithm: A = −exp(A_log).",
            _wired(A_of=lambda A_log: A_log),
        ),
        Misconception(
            "A without its sign",
            "You hand over exp(A_log), which is positive, so that every state grows. A is its negative.",
            _wired(A_of=torch.exp),
        ),
        Misconception(
            "the gate applied twice",
            "You multiply by SiLU(z), and state_update has done it already.",
            _wired(gate=lambda y, z: y * F.silu(z)),
        ),
        Misconception(
            "a history that is returned as it came",
            "The state moves on, and the history of the convolution stays as it was given. Where does the next one "
            "come from?",
            _wired(kept=lambda old, new: (old[0], new[1])),
        ),
        Misconception(
            "a state that is returned as it came",
            "The history moves on, and the state of the scan stays as it was given. state_update returns two things.",
            _wired(kept=lambda old, new: (new[0], old[1])),
        ),
    ],
)

# Exercise 3: generate


def generate(block: Mamba, prompt: Tensor, chunk: int, tokens: int) -> Tensor:
    """Read a prompt in chunks, then go on with the block's own outputs: (B, tokens, d_model)."""
    return _generate(block, prompt, chunk, tokens)


def _generate(
    block,
    prompt,
    chunk,
    tokens,
    forward=lambda length: length,
    forward_prompt=None,
    fresh=False,
    first=lambda out: out[:, -1:],
    collect=lambda outputs, out: [*outputs, out],
):
    """The loop with single places that may be wrong.

    `forward`: by how much the offset moves after a call with so many tokens; `forward_prompt`: the same in the prompt.
    """
    forward_prompt = forward_prompt or forward

    def new():
        return InferenceParams(max_seqlen=prompt.shape[1] + tokens, max_batch_size=len(prompt))

    stream, outputs = new(), []
    for piece in prompt.split(chunk, dim=1):
        stream = new() if fresh else stream
        out = block(piece, inference_params=stream)
        stream.seqlen_offset += forward_prompt(piece.shape[1])
    out = first(out)
    while len(outputs) < tokens:
        outputs = collect(outputs, out)
        stream = new() if fresh else stream
        out = block(out, inference_params=stream)
        stream.seqlen_offset += forward(1)
    return torch.cat(outputs, dim=1)


def everything_again(block, prompt, chunk, tokens):
    text, outputs = prompt, []
    for _ in range(tokens):
        stream = InferenceParams(max_seqlen=prompt.shape[1] + tokens, max_batch_size=len(prompt))
        for piece in text.split(chunk, dim=1):
            out = block(piece, inference_params=stream)
            stream.seqlen_offset += piece.shape[1]
        outputs.append(out[:, -1:])
        text = torch.cat([text, outputs[-1]], dim=1)
    return torch.cat(outputs, dim=1)


def whole_forward_again(block, prompt, chunk, tokens):
    text = prompt
    for _ in range(tokens):
        text = torch.cat([text, block(text)[:, -1:]], dim=1)
    return text[:, prompt.shape[1] :]


def prompt_in_one_piece(block, prompt, chunk, tokens):
    return generate(block, prompt, prompt.shape[1], tokens)


def prompt_left_out(block, prompt, chunk, tokens):
    return generate(block, prompt[:, -1:], 1, tokens)


class Recorder:
    """A block that notes, for each call, how many tokens came, and at which offset."""

    def __init__(self, block: Mamba):
        self.block, self.calls, self.offsets, self.streams = block, [], [], []

    def __call__(self, hidden_states, inference_params=None, **options):
        self.calls.append(hidden_states.shape[1])
        self.offsets.append(getattr(inference_params, "seqlen_offset", None))
        if not any(inference_params is known for known in self.streams):
            self.streams.append(inference_params)
        return self.block(hidden_states, inference_params, **options)

    def __getattr__(self, name):
        return getattr(self.block, name)


def lively_block(width: int, seed: int) -> Mamba:
    """A small block whose outputs are about as large as its inputs, so that a generation loop does not die out."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        block = Mamba(width, d_state=4, d_conv=3, conv_dilations=(1, 2), dt_min=0.05, layer_idx=0)
        for parameters in (block.in_proj.weight, block.out_proj.weight, block.x_proj.weight):
            torch.nn.init.normal_(parameters, std=1.5 / math.sqrt(parameters.shape[1]))
    return block


@torch.no_grad()
def _recorded(function, prompt, chunk, tokens, seed):
    block = Recorder(lively_block(prompt.shape[-1], seed))
    pieces = math.ceil(prompt.shape[1] / chunk)
    try:
        generated = function(block, prompt, chunk, tokens)
    except ValueError as error:
        if "seqlen_offset is" in str(error):
            raise WrongOffset(error, block, pieces) from error
        raise
    if generated is None or generated is ...:
        return generated
    count = pieces + tokens - 1  # the last output need not be fed back
    return {
        "tokens in each call": block.calls[:count],
        "seqlen_offset at each call": block.offsets[:count],
        "streams": len(block.streams),
        "generated": generated,
    }


class WrongOffset(ValueError):
    """The block's complaint about the offset, with the offset and the tokens of every call up to that one.

    Args:
        complaint: what the block raised.
        block: what it noted.
        pieces: into how many calls the prompt should go.
    """

    def __init__(self, complaint: ValueError, block: Recorder, pieces: int):
        self.calls, self.offsets, self.pieces = block.calls, block.offsets, pieces
        seen = f"tokens in each call: {self.calls}\nseqlen_offset at each call: {self.offsets}"
        super().__init__(f"the block raised ValueError: {str(complaint).partition(';')[0]}\n{seen}")


def _moved_before(error: WrongOffset) -> bool:
    return error.offsets == error.calls[:1]


def _calls_counted(error: WrongOffset) -> bool:
    return error.offsets == [0, 1]


def _moved_after_the_prompt(error: WrongOffset) -> bool:
    whole = sum(error.calls[: error.pieces])
    return error.offsets == [0] * error.pieces + [whole]


def _chunk_for_a_short_piece(error: WrongOffset) -> bool:
    return error.offsets == [i * error.calls[0] for i in range(error.pieces + 1)]


def _still_while_generating(error: WrongOffset) -> bool:
    whole = sum(error.calls[: error.pieces])
    return len(error.calls) == error.pieces + 2 and error.offsets[-2:] == [whole, whole]


def _draw_prompt(draw: Draw) -> dict:
    batch, width, chunk = draw.size(1, 2), draw.size(1, 3), draw.size(2, 4)
    length = 2 * chunk + draw.size(0, 3)
    return {
        "prompt": draw.normal(batch, length, width),
        "chunk": chunk,
        "tokens": draw.size(2, 4),
        "seed": draw.size(1, 30),
    }


GENERATE = Exercise(
    id="11.generate",
    title="Read a prompt in chunks, then generate",
    reference=generate,
    cases=_draw_prompt,
    apply=_recorded,
    rtol=1e-3,
    atol=1e-6,
    misconceptions=[
        Misconception(
            "an offset that moves by one for a whole chunk",
            "You add 1 to seqlen_offset after a chunk. It counts tokens, not calls: the block has compared it "
            "with its own count and raised. By how many tokens has the stream moved on after a chunk?",
            raises=WrongOffset,
            when=_calls_counted,
        ),
        Misconception(
            "an offset that moves by `chunk` after a shorter piece",
            "You add `chunk` to seqlen_offset after every piece of the prompt. The last piece may be shorter, and then "
            "the offset runs ahead of the tokens. How many tokens did that call get?",
            raises=WrongOffset,
            when=_chunk_for_a_short_piece,
        ),
        Misconception(
            "an offset that stands still while you generate",
            "In the prompt, seqlen_offset is right. It does not move after a generated token has gone in, so the next "
            "call finds it one too small. A generated token is a token of the stream like any other.",
            raises=WrongOffset,
            when=_still_while_generating,
        ),
        Misconception(
            "an offset that moves once, after the whole prompt",
            "seqlen_offset stays 0 between the pieces, and an offset of 0 means: a new stream. So each piece started "
            "afresh, and the block has seen the last one only. When has the offset to move?",
            raises=WrongOffset,
            when=_moved_after_the_prompt,
        ),
        Misconception(
            "an offset that moves before the call",
            "You move seqlen_offset first and call the block then. The offset says how many tokens have gone in "
            "*before* the call. What is it at the very first one?",
            raises=WrongOffset,
            when=_moved_before,
        ),
        Misconception(
            "an offset that does not fit the tokens",
            "seqlen_offset should be the number of tokens that went in before the call. Compare the two lists below, "
            "call by call: which offset is the first that is not the sum of the tokens before it?",
            raises=WrongOffset,
        ),
        Misconception(
            "an offset that does not move between the pieces",
            "seqlen_offset moves while you generate, but stays 0 all through the prompt, and an offset of 0 means: a "
            "new stream. So the block starts afresh at every piece, and says nothing. Which loop lacks a line?",
            lambda block, prompt, chunk, tokens: _generate(
                block, prompt, chunk, tokens, forward_prompt=lambda length: 0
            ),
        ),
        Misconception(
            "an offset that never moves",
            "seqlen_offset stays 0, and an offset of 0 means: a new stream. So the block starts afresh at every "
            "call, and says nothing. Who moves the offset, the block or you?",
            lambda block, prompt, chunk, tokens: _generate(block, prompt, chunk, tokens, forward=lambda length: 0),
        ),
        Misconception(
            "a fresh InferenceParams in each call",
            "Every call gets an InferenceParams of its own, and so an empty memory. Make one, before the first call, "
            "and hand the same one to all of them.",
            lambda block, prompt, chunk, tokens: _generate(block, prompt, chunk, tokens, fresh=True),
        ),
        Misconception(
            "a prompt that is read again for each token",
            "The numbers are right, and the work is not: you read the whole text again for each new token. The "
            "stream remembers it. Go on with one token.",
            everything_again,
        ),
        Misconception(
            "a whole forward pass for each token",
            "The numbers are right, but you call the block without a stream, on a text that grows. That is "
            "what a stream is there to avoid. Pass inference_params.",
            whole_forward_again,
        ),
        Misconception(
            "a prompt in one piece",
            "The numbers are right, but you read the whole prompt in one call. A long prompt may not fit: read "
            "`chunk` tokens at a time.",
            prompt_in_one_piece,
        ),
        Misconception(
            "a prompt of which only the last token is read",
            "The block sees the last token of the prompt and nothing before it. The memory has to be filled first.",
            prompt_left_out,
        ),
        Misconception(
            "a first output thrown away",
            "The last output of the prompt is the first generated token. You feed it in, but do not keep it: your "
            "list begins one token too late.",
            lambda block, prompt, chunk, tokens: _generate(block, prompt, chunk, tokens + 1)[:, 1:],
        ),
        Misconception(
            "the last token of the prompt fed in twice",
            "After the prompt you feed its last token once more. The stream has read it already; what comes next is "
            "the block's last output.",
            lambda block, prompt, chunk, tokens: _last_token_twice(block, prompt, chunk, tokens),
        ),
    ],
)


def _last_token_twice(block, prompt, chunk, tokens):
    stream = InferenceParams(max_seqlen=prompt.shape[1] + tokens, max_batch_size=len(prompt))
    for piece in prompt.split(chunk, dim=1):
        block(piece, inference_params=stream)
        stream.seqlen_offset += piece.shape[1]
    token, outputs = prompt[:, -1:], []
    for _ in range(tokens):
        token = block(token, inference_params=stream)
        stream.seqlen_offset += 1
        outputs.append(token)
    return torch.cat(outputs, dim=1)


# Exercise 4: kv_overtakes


def kv_overtakes(state_bytes: int, d_model: int, number_bytes: int) -> int:
    """From how many tokens on a layer's KV cache is larger than a block's state."""
    return state_bytes // (2 * d_model * number_bytes) + 1


def _overtakes(per_token, tokens=lambda state, each: state // each + 1):
    return lambda state_bytes, d_model, number_bytes: tokens(state_bytes, per_token(d_model, number_bytes))


def _both(d_model, number_bytes):
    return 2 * d_model * number_bytes


def _draw_memory(draw: Draw) -> dict:
    d_model, number_bytes = draw.size(1, 20), draw.choice([2, 4])
    each = 2 * d_model * number_bytes
    return {
        "state_bytes": each * draw.size(3, 40) + draw.choice([0, 0, each // 2, 1]),
        "d_model": d_model,
        "number_bytes": number_bytes,
    }


OVERTAKES = Exercise(
    id="11.kv_overtakes",
    title="When does the cache overtake the state?",
    reference=kv_overtakes,
    cases=_draw_memory,
    example={"state_bytes": 4096, "d_model": 16, "number_bytes": 4},
    misconceptions=[
        Misconception(
            "keys without values",
            "You count d_model numbers a token. Attention keeps a key and a value for each token, both of that width.",
            _overtakes(lambda d_model, number_bytes: d_model * number_bytes),
        ),
        Misconception(
            "numbers in the place of bytes",
            "You compare bytes of state with numbers of the cache. How many bytes does each number take?",
            _overtakes(lambda d_model, number_bytes: 2 * d_model),
        ),
        Misconception(
            "equal counted as larger",
            "At this number of tokens the two are equal, or the cache is still smaller. Where the division "
            "leaves no rest, one token more is needed.",
            _overtakes(_both, lambda state, each: math.ceil(state / each)),
        ),
        Misconception(
            "the last token at which the cache is not larger",
            "You round down, and get the last number of tokens that still fits under the state. The next one "
            "overtakes.",
            _overtakes(_both, lambda state, each: state // each),
        ),
        Misconception(
            "a cache that grows with pairs of tokens",
            "You let the cache grow with the square of the tokens. The *work* of attention over a whole text does; "
            "the cache holds one key and one value a token.",
            _overtakes(_both, lambda state, each: math.isqrt(state // each) + 1),
        ),
    ],
)

# Exercise 5: restart


def restart(history: Tensor, h: Tensor, last: Tensor, now: Tensor) -> tuple[Tensor, Tensor]:
    """History and state, set to zero in the rows whose segment index has changed."""
    changed = (now != last)[:, None, None]  # (B, 1, 1)
    return torch.where(changed, 0.0, history), torch.where(changed, 0.0, h)


def _restarted(changed, history_too=True, state_too=True):
    def wrong(history, h, last, now):
        rows = changed(last, now)[:, None, None]
        a = torch.where(rows, 0.0, history) if history_too else history
        return a, torch.where(rows, 0.0, h) if state_too else h

    return wrong


def _draw_rows(draw: Draw) -> dict:
    batch, channels = draw.size(3, 5), draw.size(1, 3)
    last = draw.integers(0, 2, batch)
    moved = draw.integers(0, 2, batch)
    now = (last + moved) % 3
    return {
        "history": draw.normal(batch, channels, draw.size(1, 3)),
        "h": draw.normal(batch, channels, draw.size(1, 3)),
        "last": last,
        "now": now,
    }


RESTART = Exercise(
    id="11.restart",
    title="Start one row afresh",
    reference=restart,
    cases=_draw_rows,
    example={
        "history": torch.arange(1.0, 7).view(3, 1, 2),
        "h": torch.arange(1.0, 4).view(3, 1, 1),
        "last": torch.tensor([0, 4, 0]),
        "now": torch.tensor([0, 0, 1]),
    },
    misconceptions=[
        Misconception(
            "every row started afresh",
            "One row has a new text, and you clear them all. The other streams lose their memory in the middle of "
            "their texts. Compare row by row.",
            _restarted(lambda last, now: (now != last).any().expand(len(now))),
        ),
        Misconception(
            "a history that is kept",
            "The state is cleared, the history of the convolution is not. The first outputs of the new text would "
            "still see the end of the old one.",
            _restarted(lambda last, now: now != last, history_too=False),
        ),
        Misconception(
            "a state that is kept",
            "The history is cleared, the state of the scan is not. It fades slowly, so the old text is heard in the "
            "new one for a long time.",
            _restarted(lambda last, now: now != last, state_too=False),
        ),
        Misconception(
            "only an index that grows",
            "You test now > last. The indices are names, not a count: 2 followed by 0 is a new text as well.",
            _restarted(lambda last, now: now > last),
        ),
        Misconception(
            "an index of zero read as a new text",
            "You clear the rows whose index is 0. The index alone says nothing; what counts is a change.",
            _restarted(lambda last, now: now == 0),
        ),
        Misconception(
            "an index other than zero read as a new text",
            "You clear the rows whose index is not 0, at every token. Such a row would never remember anything. What "
            "counts is a change.",
            _restarted(lambda last, now: now != 0),
        ),
        Misconception(
            "the rows that go on are cleared",
            "You clear the rows whose index is the same as before, and keep the others. Turn the test round.",
            _restarted(lambda last, now: now == last),
        ),
    ],
)

# Bug hunt: mended_stream


def mended_stream(
    x: Tensor,
    segment: Tensor,
    history: Tensor,
    h: Tensor,
    last: Tensor,
    weights: dict,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A chunk through convolution and scan, all three mistakes mended."""
    return _stream(x, segment, history, h, last, weights)


def _stream(x, segment, history, h, last, w, late=0, keep_state=False, keep_history=False, biases=1, rows=None):
    """A chunk, with the mistakes that are asked for."""
    changed = (segment != last)[:, None, None] if rows is None else rows(segment, last)[:, None, None]  # (B, 1, 1)
    history = history if keep_history else torch.where(changed, 0.0, history)  # (B, D, S)
    h = h if keep_state else torch.where(changed, 0.0, h)  # (B, D, N)
    joined = torch.cat([history, x], dim=-1)  # (B, D, S + L)
    u = F.silu(F.conv1d(joined, w["conv"].unsqueeze(1), groups=x.shape[1]))  # (B, D, L)
    delta = w["dt"][:, None] * u + (biases - 1) * w["dt_bias"][:, None]  # (B, D, L)
    length, size = x.shape[-1], history.shape[-1]
    B, C = (w[name].expand(len(x), -1).unsqueeze(-1).expand(-1, -1, length) for name in "BC")  # (B, N, L) each
    y, h = selective_scan_fn(
        u, delta, w["A"], B, C, delta_bias=w["dt_bias"] if biases else None, delta_softplus=True, initial_state=h,
        return_last_state=True,
    )  # fmt: skip
    start = length - late
    return y, joined[..., start : start + size], h, segment


def _with_mistakes(**mistakes):
    return lambda *given: _stream(*given, **mistakes)


def suspects() -> SimpleNamespace:
    """Three closed boxes, each `mended_stream` with one mistake of its own."""
    made = {
        "first": _with_mistakes(biases=2),
        "second": _with_mistakes(late=1),
        "third": _with_mistakes(keep_state=True),
    }
    for name, box in made.items():
        box.__name__ = f"the {name} suspect"
    return SimpleNamespace(**made)


def _draw_chunk(draw: Draw) -> dict:
    batch, channels, taps, states = draw.size(2, 3), draw.size(1, 3), draw.size(3, 4), draw.size(1, 3)
    last = draw.integers(0, 1, batch)
    return {
        "x": draw.normal(batch, channels, draw.size(1, 5)),
        "segment": torch.cat([last[:1], 1 - last[1:]]),
        "history": draw.normal(batch, channels, taps - 1),
        "h": draw.normal(batch, channels, states),
        "last": last,
        "weights": random_weights(draw.normal, channels, taps, states),
    }


def random_weights(normal, channels: int, taps: int, states: int) -> dict[str, Tensor]:
    """Weights of the small stream of the bug hunt, from a function that gives normal values of a shape."""
    return {
        "conv": normal(channels, taps),
        "dt": normal(channels),
        "dt_bias": 0.5 + normal(channels).abs(),
        "A": -torch.arange(1.0, states + 1).repeat(channels, 1),
        "B": normal(states),
        "C": normal(states),
    }


BIAS = "dt_bias comes in twice, once in your line for delta and once inside selective_scan_fn"
LATE = "the history ends one sample before the end of the chunk"
STATE = "a row with a new text keeps the state of the old one"

MENDED = Exercise(
    id="11.mended_stream",
    title="Three mistakes in one stream",
    reference=mended_stream,
    cases=_draw_chunk,
    rtol=1e-3,
    atol=1e-4,
    misconceptions=[
        Misconception(
            "the code as it was given",
            f"All three are still in it: {BIAS}; {LATE}; {STATE}.",
            _with_mistakes(biases=2, late=1, keep_state=True),
        ),
        Misconception(
            "one mistake left: the bias",
            f"The history and the reset are right. But {BIAS}. One chunk against the reference shows it.",
            _with_mistakes(biases=2),
        ),
        Misconception(
            "one mistake left: the history",
            f"The step size and the reset are right. But {LATE}. Two chunks against one show it.",
            _with_mistakes(late=1),
        ),
        Misconception(
            "one mistake left: the reset",
            f"The step size and the history are right. But {STATE}. A new text in an old row shows it.",
            _with_mistakes(keep_state=True),
        ),
        Misconception(
            "two mistakes left: the bias and the history",
            "The reset is right. Run the other two properties on your code.",
            _with_mistakes(biases=2, late=1),
        ),
        Misconception(
            "two mistakes left: the bias and the reset",
            "The history is right. Run the other two properties on your code.",
            _with_mistakes(biases=2, keep_state=True),
        ),
        Misconception(
            "two mistakes left: the history and the reset",
            "The step size is right. Run the other two properties on your code.",
            _with_mistakes(late=1, keep_state=True),
        ),
        Misconception(
            "a bias that is gone altogether",
            "You have taken out both. Once it must come in: it is the time scale of the channel.",
            _with_mistakes(biases=0),
        ),
        Misconception(
            "a reset of every row",
            "The state is reset in rows that go on with their text, too.",
            _with_mistakes(rows=lambda segment, last: torch.ones_like(segment, dtype=torch.bool)),
        ),
        Misconception(
            "a reset that has left the history out",
            "Now the state is reset, but the history is not any more. A new text needs both.",
            _with_mistakes(keep_history=True),
        ),
    ],
)

EXERCISES = [UPDATE, STEP, GENERATE, OVERTAKES, RESTART, MENDED]

RECAP = [
    Question(
        "What does a Mamba block have to remember between two tokens?",
        [
            "all tokens so far",
            "the last max-lag inputs of the convolution, and the state of the scan",
            "only the state of the scan",
            "a key and a value for each token",
        ],
        "the last max-lag inputs of the convolution, and the state of the scan",
        "Both have a fixed size, so a stream of any length needs the same memory. If one of the two is lost, the "
        "outputs are wrong.",
    ),
    Question(
        "A prompt of 1000 tokens has been read in one call. What do you do to seqlen_offset?",
        ["nothing, the block moves it", "add 1", "add 1000", "set it to 0"],
        "add 1000",
        "It counts the tokens of the stream, and the caller moves it. At 0 the block would start afresh without a "
        "word; at any other wrong number it raises.",
    ),
    Question(
        "A slow state is kept in bfloat16 and stands still far below its true value. Why?",
        [
            "the decay is rounded down to zero",
            "what one step adds is less than half the gap to the next number, and is rounded away",
            "bfloat16 cannot hold numbers that large",
            "the rounding errors of many steps add up at random",
        ],
        "what one step adds is less than half the gap to the next number, and is rounded away",
        "The gap between neighbours grows with the number itself, the steps get smaller. Where they meet, the state "
        "is stuck. In float32 the gaps are 65 536 times finer.",
    ),
    Question(
        "In a batch of three streams, row 1 begins a new text. What must be set to zero?",
        [
            "the state of row 1",
            "the state and the history of row 1",
            "the states and the histories of all rows",
            "seqlen_offset",
        ],
        "the state and the history of row 1",
        "The other rows are in the middle of their texts. In row 1, the history would show the last samples of the "
        "old text to the convolution, and the state all of it to the scan.",
    ),
    Question(
        "A step adds dt_bias twice. Streaming in chunks of any size gives equal results, and a reset row equals a "
        "fresh stream. Which test finds the bug?",
        [
            "other chunk sizes",
            "a longer stream",
            "a comparison with the forward pass of the trained block",
            "a test for NaN",
        ],
        "a comparison with the forward pass of the trained block",
        "The step agrees with itself in every way. A property that compares a program only with itself cannot see a "
        "mistake that is made everywhere.",
    ),
]
