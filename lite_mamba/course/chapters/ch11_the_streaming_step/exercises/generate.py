"""Exercise 3: generate."""

import math
from collections.abc import Callable
from types import MethodType

import torch
from torch import Tensor

from lite_mamba import InferenceParams, Mamba

from ....checking.compare import Facts
from ....checking.edits import edited
from ....checking.exercise import Draw, Exercise, Misconception


def generate(block: Mamba, prompt: Tensor, chunk: int, tokens: int) -> Tensor:
    """Read a prompt in chunks, then go on with the block's own outputs: (B, tokens, d_model)."""
    stream = InferenceParams(max_seqlen=prompt.shape[1] + tokens, max_batch_size=len(prompt))
    for piece in prompt.split(chunk, dim=1):
        out = block(piece, inference_params=stream)
        stream.seqlen_offset += piece.shape[1]
    outputs = [out[:, -1:]]  # (B, 1, d_model) each
    while len(outputs) < tokens:
        outputs.append(block(outputs[-1], inference_params=stream))
        stream.seqlen_offset += 1
    return torch.cat(outputs, dim=1)  # (B, tokens, d_model)


PIECE_IN, TOKEN_IN = (f"block({given}, inference_params=stream)" for given in ("piece", "outputs[-1]"))
ALL_IN = TOKEN_IN.replace("outputs[-1]", "torch.cat(outputs, dim=1)")
IN_PROMPT, AFTER_TOKEN = "stream.seqlen_offset += piece.shape[1]", "stream.seqlen_offset += 1"
PIECES = "prompt.split(chunk, dim=1) → "
NEW = "stream = InferenceParams(max_seqlen=prompt.shape[1] + tokens, max_batch_size=len(prompt)"


def _moved(prompt: str | None = None, token: str | None = None, *edits: str):
    """A loop whose offset moves as told, after a piece of the prompt and after a generated token."""
    moves = [(IN_PROMPT, prompt), (AFTER_TOKEN, token)]
    return edited(generate, *(f"{old} → {new}" for old, new in moves if new is not None), *edits)


def _with_new_streams(in_prompt: str = "", in_tokens: str = "", between: str = ""):
    """A loop that makes a stream of its own for each piece, for each token, or between prompt and tokens."""
    return edited(
        generate,
        f"out = block(piece → {in_prompt}\n        out = block(piece",
        f"outputs = [ → {between}\n    outputs = [",
        f"outputs.append( → {in_tokens}\n        outputs.append(",
    )


def _by_steps(block, prompt, chunk, tokens):
    memory, outputs = block.allocate_inference_cache(len(prompt), prompt.shape[1] + tokens), []
    for t in range(prompt.shape[1] + tokens - 1):
        given = prompt[:, t : t + 1] if t < prompt.shape[1] else outputs[-1]
        out, *memory = block.step(given, *memory)
        outputs.append(out)
    return torch.cat(outputs[-tokens:], dim=1)


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


class Recorder:
    """A block that notes, for each call, how many tokens came, and at which offset.

    Args:
        block: the block.
        needed: so many calls are needed. The last output may be fed back once more, rightly or not: nobody sees it.
    """

    def __init__(self, block: Mamba, needed: int):
        self.block, self.needed, self.calls, self.offsets, self.streams = block, needed, [], [], []

    def __call__(self, hidden_states, inference_params=None, **options):
        self.calls.extend(hidden_states.shape[1:2])  # a wrong shape is the block's to refuse
        offset = getattr(inference_params, "seqlen_offset", None)
        self.offsets.append(offset.item() if isinstance(offset, Tensor) else offset)  # a tensor may move in place
        if not any(inference_params is known for known in self.streams):
            self.streams.append(inference_params)
        try:
            return self.block(hidden_states, inference_params, **options)
        except ValueError as error:
            if "seqlen_offset is" not in str(error):
                raise
            if len(self.calls) > self.needed:
                return torch.zeros_like(hidden_states)
            seen = f"tokens in each call: {self.calls}\nseqlen_offset at each call: {self.offsets}"
            complaint = str(error).partition(";")[0]
            raise WrongOffset(f"the block raised ValueError: {complaint}\n{seen}") from error

    forward = __call__

    def __getattr__(self, name):
        found = getattr(self.block, name)
        if not isinstance(found, MethodType):
            return found

        def method(*given, **named):
            result = found(*given, **named)
            return self if result is self.block else result  # `block = block.eval()` is to go on noting

        return method


class WrongOffset(ValueError):
    """The block's complaint about the offset, with the offset and the tokens of every call up to that one."""


def lively_block(width: int, seed: int) -> Mamba:
    """A small block whose outputs are about as large as its inputs, so that a generation loop does not die out."""
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(seed)
        block = Mamba(width, d_state=4, d_conv=3, conv_dilations=(1, 2), dt_min=0.05, layer_idx=0)
        for parameters in (block.in_proj.weight, block.out_proj.weight, block.x_proj.weight):
            torch.nn.init.normal_(parameters, std=1.5 / math.sqrt(parameters.shape[1]))
    return block


def _block_of(width: int, seed: int) -> Callable[[], Mamba]:
    """What makes a case's block, under the name by which the learner makes it again."""

    def make() -> Mamba:
        return lively_block(width, seed)

    make.__name__ = f"lively_block({width}, seed={seed})"
    return make


@torch.no_grad()
def _recorded(function, block, prompt, chunk, tokens):
    needed = math.ceil(prompt.shape[1] / chunk) + tokens - 1  # the last output need not be fed back
    recorder = Recorder(block(), needed)
    generated = function(recorder, prompt, chunk, tokens)
    if not isinstance(generated, Tensor):
        return generated
    planned = [getattr(stream, "max_seqlen", math.inf) for stream in recorder.streams]
    rows = [getattr(stream, "max_batch_size", math.inf) for stream in recorder.streams]
    offsets = recorder.offsets[:needed]
    facts = {
        "calls without a stream": offsets.count(None),
        "the list of the tokens in each call": recorder.calls[:needed],
        "the list of seqlen_offset at each call": [offset or 0 for offset in offsets],  # no stream: begins at 0
        "streams": len(recorder.streams),
        "max_seqlen has room for every token": min(planned, default=0) >= prompt.shape[1] + tokens - 1,
        "max_batch_size has room for every stream": min(rows, default=0) >= len(prompt),
        "the result": generated,
    }
    return Facts("a tensor", facts)


def _draw_prompt(draw: Draw) -> dict:
    batch, width, chunk = draw.size(1, 3), draw.size(1, 3), draw.size(2, 5)
    length, tokens = draw.size(2, 3) * chunk + draw.size(0, 4), draw.size(2, 5)
    kind = draw.in_turn(["one token", "a short prompt", *["several of both"] * 10])
    prompt = draw.normal(batch, chunk - 1 if kind == "a short prompt" else length, width)
    return {
        "block": _block_of(width, seed=draw.size(1, 30)),
        "prompt": prompt,
        "chunk": chunk,
        "tokens": 1 if kind == "one token" else tokens,
    }


def _several_of_both(prompt: Tensor, chunk: int, tokens: int, **others) -> bool:
    return prompt.shape[1] > chunk and tokens > 1


def _mistake(name: str, message: str, wrong, where=_several_of_both) -> Misconception:
    """A mistake, told by prompts of several pieces and several tokens: of one alone, answers make this and that."""
    return Misconception(name, message, wrong, where=where)


def _several_calls_behind_the_prompt(prompt: Tensor, chunk: int, tokens: int, **others) -> bool:
    return prompt.shape[1] > chunk and tokens > 2


def _several_rows(prompt: Tensor, chunk: int, tokens: int, **others) -> bool:
    return _several_of_both(prompt, chunk, tokens) and prompt.shape[0] > 1


def _several_numbers(prompt: Tensor, chunk: int, tokens: int, **others) -> bool:
    return _several_of_both(prompt, chunk, tokens) and prompt.shape[2] > 1


GENERATE = Exercise(
    id="11.generate",
    title="Read a prompt in chunks, then generate",
    reference=generate,
    cases=_draw_prompt,
    apply=_recorded,
    rtol=1e-3,
    atol=1e-6,
    trials=12,
    axes=("row", "token", "number"),
    misconceptions=[
        _mistake(
            "an offset that moves by one for a whole chunk",
            "You add 1 to seqlen_offset after a chunk. It counts tokens, not calls: the block has compared it "
            "with its own count and raised. By how many tokens has the stream moved on after a chunk?",
            _moved("stream.seqlen_offset += 1"),
        ),
        _mistake(
            "an offset that moves by `chunk` after a shorter piece",
            "You add `chunk` to seqlen_offset after every piece of the prompt. The last piece may be shorter, and then "
            "the offset runs ahead of the tokens. How many tokens did that call get?",
            _moved("stream.seqlen_offset += chunk"),
        ),
        _mistake(
            "an offset that stands still while you generate",
            "In the prompt, seqlen_offset is right. It does not move after a generated token has gone in, so the next "
            "call finds it one too small. A generated token is a token of the stream like any other.",
            _moved(token="pass"),
        ),
        _mistake(
            "an offset that moves once, after the whole prompt",
            "seqlen_offset stays 0 between the pieces, and an offset of 0 means: a new stream. So each piece started "
            "afresh, and the block has seen the last one only. When has the offset to move?",
            [
                _moved("pass", None, f"outputs = [ → stream.seqlen_offset += {read}.shape[1]\n    outputs = [")
                for read in ("prompt", "piece")
            ],
        ),
        _mistake(
            "an offset that moves before the call",
            "seqlen_offset has moved when you call the block: it holds the tokens of this call already. It says how "
            "many have gone in *before* the call. Which line counts them too early?",
            [
                edited(generate, f"{call}\n        {move} → {move}\n        {call}")
                for call, move in (
                    ("out = block(piece, inference_params=stream)", IN_PROMPT),
                    ("outputs.append(block(outputs[-1], inference_params=stream))", AFTER_TOKEN),
                )
            ],
        ),
        _mistake(
            "an offset that is set, not moved",
            "seqlen_offset becomes the length of the present piece. It should be the number of all tokens so far: "
            "what do you do to a number that grows?",
            _moved("stream.seqlen_offset = piece.shape[1]"),
        ),
        _mistake(
            "an offset that does not fit the tokens",
            "seqlen_offset should be the number of tokens that went in before the call. Compare the two lists below, "
            "call by call: which offset is the first that is not the sum of the tokens before it?",
            [
                *(
                    _moved(f"stream.seqlen_offset += {step}")
                    for step in (
                        *("piece.shape[0]", "piece.shape[2]", "prompt.shape[1]"),
                        *("piece.numel()", "piece.shape[0] * piece.shape[1]", "piece.shape[1] - 1", "tokens"),
                    )
                ),
                *(
                    _moved(token=f"stream.seqlen_offset += {step}")
                    for step in ("2", "chunk", "tokens", "len(prompt)", "prompt.shape[2]", "len(outputs) - 1")
                ),
                *(_moved(token=f"stream.seqlen_offset = {number}") for number in ("len(outputs)", "len(outputs) - 1")),
                _moved(None, None, "outputs = [ → stream.seqlen_offset -= 1\n    outputs = ["),
                _moved("stream.seqlen_offset += chunk", "stream.seqlen_offset += chunk"),
                *(
                    _moved(
                        "",
                        token,
                        "for piece in → for i, piece in enumerate(",
                        "chunk, dim=1): → chunk, dim=1)):",
                        "out = block( → stream.seqlen_offset = i * chunk\n        out = block(",
                        *sooner,
                    )
                    for token, sooner in (
                        (None, ()),
                        ("", ("outputs.append( → stream.seqlen_offset += 1\n        outputs.append(",)),
                    )
                ),
            ],
        ),
        _mistake(
            "an offset that is a piece behind",
            "After each piece you set seqlen_offset to the tokens of the pieces before it. So it still is 0 at the "
            "second piece, and an offset of 0 means: a new stream. How many have gone in by then?",
            _moved(
                "stream.seqlen_offset = i * chunk",
                None,
                "for piece in → for i, piece in enumerate(",
                "chunk, dim=1): → chunk, dim=1)):",
            ),
        ),
        _mistake(
            "an offset that does not move between the pieces",
            "seqlen_offset moves while you generate, but stays 0 all through the prompt, and an offset of 0 means: a "
            "new stream. So the block starts afresh at every piece, and says nothing. What should move it there?",
            _moved("pass"),
            _several_calls_behind_the_prompt,
        ),
        _mistake(
            "an offset that starts anew behind the prompt",
            "Behind the prompt you set seqlen_offset back to 0, and an offset of 0 means: a new stream. The generated "
            "tokens go on where the prompt has ended.",
            edited(generate, "outputs = [out → stream.seqlen_offset = 0; outputs = [out"),
        ),
        _mistake(
            "an offset that never moves",
            "seqlen_offset stays 0, and an offset of 0 means: a new stream. So the block starts afresh at every "
            "call, and says nothing. Who moves the offset, the block or you?",
            _moved("pass", "pass"),
        ),
        _mistake(
            "a fresh InferenceParams for each piece",
            "Your loop makes an InferenceParams for each piece, and each one begins with an empty memory. Make one, "
            "before the first call, and hand the same one to all of them.",
            [
                _with_new_streams(f"{NEW})", f"{NEW})"),
                _with_new_streams(f"{NEW})"),
                _with_new_streams(f"{NEW})", between=f"{NEW})"),
                _with_new_streams(f"{NEW}, seqlen_offset=stream.seqlen_offset)"),
            ],
        ),
        _mistake(
            "a second stream for the generated tokens",
            "The prompt fills one InferenceParams, and the generated tokens go through another one, or each through "
            "one of its own, that is empty. One stream carries both.",
            [
                _with_new_streams(between=f"{NEW})"),
                _with_new_streams(between=f"{NEW})".replace("prompt.shape[1] + ", "")),
                _with_new_streams(in_tokens=f"{NEW})"),
                _with_new_streams(in_tokens=f"{NEW})".replace("prompt.shape[1] + ", "")),
            ],
        ),
        _mistake(
            "a prompt that is read again for each token",
            "The numbers are right, and the work is not: you read the whole text again for each new token. The "
            "stream remembers it. Go on with one token.",
            everything_again,
        ),
        _mistake(
            "a whole forward pass for each token",
            "The numbers are right, but you call the block without a stream, on a text that grows. That is "
            "what a stream is there to avoid. Pass inference_params.",
            [
                whole_forward_again,
                edited(generate, f"{TOKEN_IN} → block(torch.cat([prompt, *outputs], dim=1))[:, -1:]"),
            ],
        ),
        _mistake(
            "a prompt in one piece",
            "The numbers are right, but you read the whole prompt in one call. A long prompt may not fit: read "
            "`chunk` tokens at a time, cut along the axis of the tokens.",
            [
                edited(generate, "prompt.split(chunk, dim=1) → [prompt]", *more)
                for more in ((), ("prompt.shape[1] + tokens → prompt.shape[1]",))
            ],
        ),
        _mistake(
            "a prompt in two pieces",
            "The numbers are right, but behind the first `chunk` tokens you read all the rest in one call. A long rest "
            "may not fit: no call gets more than `chunk` tokens.",
            edited(generate, "prompt.split(chunk, dim=1) → [prompt[:, :chunk], prompt[:, chunk:]]"),
        ),
        _mistake(
            "pieces that begin at the start",
            "Each call gets the prompt from its beginning, up to where the piece ends. The stream has read the first "
            "part already: give it what is new.",
            [
                edited(generate, PIECES + "[prompt[:, : i + chunk] for i in range(0, prompt.shape[1], chunk)]"),
                _moved(
                    "stream.seqlen_offset += chunk",
                    None,
                    PIECES + "[prompt[:, : i + chunk] for i in range(0, prompt.shape[1], chunk)]",
                ),
            ],
        ),
        _mistake(
            "pieces of another length",
            "The end of a slice is not in it: from i to i + chunk there are `chunk` tokens. Your pieces have one more "
            "or one less, so a token goes in twice, or not at all.",
            [
                edited(
                    generate, PIECES + f"[prompt[:, i : i + chunk {one} 1] for i in range(0, prompt.shape[1], chunk)]"
                )
                for one in "+-"
            ],
        ),
        _mistake(
            "a piece without tokens",
            "One of your calls gets no token at all, and so it has no last output to go on from. Where does each piece "
            "begin and end, and what is left for the last one if the length is a multiple of `chunk`?",
            [
                edited(generate, f"{PIECES}[*prompt.split(chunk, dim=1), prompt[:, :0]]"),
                edited(generate, PIECES + "[prompt[:, i : i + chunk] for i in range(0, prompt.shape[1] + 1, chunk)]"),
                edited(generate, PIECES + "[prompt[:, i:chunk] for i in range(0, prompt.shape[1], chunk)]"),
            ],
        ),
        _mistake(
            "a short piece before the last",
            "The numbers are right, but a call before the last one reads fewer than `chunk` tokens of the prompt. How "
            "many are left over at the end, and which call reads them?",
            [
                edited(generate, f"{PIECES}{pieces}")
                for pieces in (
                    "[*prompt[:, :-1].split(chunk, dim=1), prompt[:, -1:]]",
                    "[one for one in prompt.tensor_split([prompt.shape[1] % chunk], dim=1) for one in "
                    "one.split(chunk, dim=1) if one.shape[1]]",
                    "[one for full in prompt.split(chunk, dim=1) for one in full.split(chunk if full.shape[1] == chunk "
                    "else 1, dim=1)]",
                )
            ],
        ),
        _mistake(
            "a last piece filled up",
            "You fill the prompt up with zeros, so that all pieces are equally long. Zeros are tokens, too: they go "
            "into both memories. The last piece may be shorter.",
            [
                edited(generate, PIECES + f"torch.nn.functional.pad(prompt, (0, 0, {sides})).split(chunk, dim=1)")
                for sides in ("0, -prompt.shape[1] % chunk", "-prompt.shape[1] % chunk, 0")
            ],
        ),
        _mistake(
            "a prompt token by token",
            "The numbers are right, but every call gets one token. Reading `chunk` tokens in one call is what makes a "
            "long prompt quick.",
            edited(generate, "split(chunk → split(1"),
        ),
        _mistake(
            "as many chunks as a chunk has tokens",
            "torch.chunk and torch.tensor_split want the *number* of pieces, and `chunk` is the length of one. split "
            "takes the length.",
            [edited(generate, f"prompt.split( → prompt.{cut}(") for cut in ("chunk", "tensor_split")],
        ),
        _mistake(
            "a part of the prompt left out",
            "Your pieces do not make up the whole prompt: where does the first one begin, and where does the last one "
            "end?",
            [
                edited(generate, f"prompt.split( → prompt[:, {part}].split(")
                for part in (
                    ": prompt.shape[1] // chunk * chunk",
                    ": (prompt.shape[1] - 1) // chunk * chunk",
                    ": (prompt.shape[1] + chunk - 2) // chunk * chunk",
                    ": chunk",
                    "chunk:",
                    "-chunk:",
                    "1:",
                )
            ],
        ),
        _mistake(
            "a prompt of which only the last token is read",
            "The block sees the last token of the prompt and nothing before it. The memory has to be filled first.",
            edited(generate, "prompt.split(chunk → prompt[:, -1:].split(1"),
        ),
        _mistake(
            "a prompt of which only the last piece is read",
            "You call the block behind the loop, on the last piece. The pieces before it have to go through the "
            "block, too.",
            edited(generate, "prompt.split(chunk, dim=1) → prompt.split(chunk, dim=1)[-1:]"),
        ),
        _mistake(
            "a first output thrown away",
            "The last output of the prompt is the first generated token. You feed it in, but do not keep it: your "
            "list begins one token too late.",
            [
                edited(generate, "< tokens: → < tokens + 1:", "torch.cat(outputs → torch.cat(outputs[1:]"),
                edited(generate, "torch.cat(outputs → torch.cat(outputs[1:]"),
            ],
        ),
        _mistake(
            "the last token of the prompt fed in twice",
            "After the prompt you feed its last token once more. The stream has read it already; what comes next is "
            "the block's last output.",
            [
                edited(generate, "[out[:, -1:]] → [prompt[:, -1:]]"),
                edited(
                    generate,
                    "[out[:, -1:]] → [prompt[:, -1:]]",
                    "< tokens: → < tokens + 1:",
                    "cat(outputs → cat(outputs[1:]",
                ),
            ],
        ),
        _mistake(
            "an output too many",
            "You return the outputs of the prompt, or one token more than was asked for. Count: the last output of "
            "the prompt is the first of `tokens`.",
            [
                edited(generate, "< tokens: → < tokens + 1:"),
                edited(generate, "[out[:, -1:]] → [out]", "outputs[-1], → outputs[-1][:, -1:],"),
            ],
        ),
        _mistake(
            "the prompt in front of what came",
            "You return the prompt, and behind it the generated tokens. Whoever calls you has the prompt already: (B, "
            "tokens, d_model) is what the block has made.",
            edited(generate, "cat(outputs, → cat([prompt, *outputs],"),
        ),
        _mistake(
            "outputs of the prompt for generated tokens",
            "You return the last outputs of the prompt. Only the very last of them is a new token: each further one "
            "comes from a call that gets the one before.",
            [
                edited(
                    generate,
                    "for piece in → made = []\n    for piece in",
                    "out = block(piece, inference_params=stream) → out = block(piece, inference_params=stream); "
                    "made.append(out)",
                    "outputs = [out[:, -1:]] → outputs = [torch.cat(made, dim=1)[:, -tokens:]]",
                    "len(outputs) < tokens → False",
                ),
                edited(generate, "[out[:, -1:]] → [out[:, -tokens:]]", "len(outputs) < tokens → False"),
            ],
        ),
        _mistake(
            "an output for each piece of the prompt",
            "You keep outputs of every piece of the prompt. Only the last output of the *whole* prompt is a new "
            "token; those before it belong to tokens that you know.",
            [
                edited(
                    generate,
                    "for piece in → outputs = []\n    for piece in",
                    "out = block(piece, inference_params=stream) → out = block(piece, inference_params=stream); "
                    f"outputs.append({kept})",
                    "outputs = [out[:, -1:]]  # → pieces = len(outputs) - 1  #",
                    "len(outputs) < tokens → len(outputs) - pieces < tokens",
                    "block(outputs[-1], → block(outputs[-1][:, -1:],",
                )
                for kept in ("out", "out[:, -1:]")
            ],
        ),
        _mistake(
            "an input added to the output",
            "You add what went in to what came out. That sum belongs to a model around the block; here the block's "
            "output itself is the next input.",
            [
                edited(generate, f"outputs.append({TOKEN_IN}) → outputs.append({TOKEN_IN} + outputs[-1])", *prompt)
                for prompt in ((f"out = {PIECE_IN} → out = {PIECE_IN} + piece",), ())
            ],
        ),
        _mistake(
            "nothing generated",
            "No generated token goes in: you return the last output of the prompt, and nothing behind it. How many "
            "turns does your loop take? `tokens` counts what is generated, without the prompt.",
            edited(generate, "len(outputs) < tokens → False"),
        ),
        _mistake(
            "an output too few",
            "You return one token less than was asked for. The last output of the prompt is one of them, not one "
            "before them.",
            edited(generate, "< tokens: → < tokens - 1:"),
        ),
        _mistake(
            "the first output of a piece",
            "You go on from the first output of the last piece. The next token follows from the last one.",
            edited(generate, "out[:, -1:] → out[:, :1]"),
        ),
        _mistake(
            "the axis of the rows for that of the tokens",
            "You cut the rows, as `out[-1:]` does, or put the axis of the one token in front of them. The axes are (B, "
            "L, d_model): which of them runs over the tokens?",
            edited(generate, "[out[:, -1:]] → [out[-1:]]"),
            _several_rows,
        ),
        _mistake(
            "the axis of the numbers for that of the tokens",
            "You cut the numbers, as `out[..., -1:]` does, or put the axis of the one token behind them. The axes are "
            "(B, L, d_model): which of them runs over the tokens?",
            [edited(generate, f"[out[:, -1:]] → [{last}]") for last in ("out[..., -1:]", "out[:, -1].unsqueeze(-1)")],
            _several_numbers,
        ),
        _mistake(
            "tokens generated between the pieces",
            "You generate inside the loop over the pieces, so generated tokens go into the stream between two pieces "
            "of the prompt. It is read to its end first.",
            edited(
                generate,
                "    outputs = [out[:, -1:]]  # (B, 1, d_model) each →         outputs = [out[:, -1:]]",
                "    while len(outputs) →         while len(outputs)",
                "        outputs.append( →             outputs.append(",
                "        stream.seqlen_offset += 1 →             stream.seqlen_offset += 1",
            ),
        ),
        _mistake(
            "a stream without room for the tokens",
            "The numbers are right, but your plan is not: max_seqlen is for prompt and generated tokens. A block "
            "takes any length, a layer of attention beside it makes room for so many tokens and no more.",
            [
                edited(generate, "prompt.shape[1] + tokens → prompt.shape[1]", *more)
                for more in ((), ("max_batch_size=len(prompt) → max_batch_size=1",))
            ],
        ),
        _mistake(
            "a stream without room for the rows",
            "The numbers are right, but your plan is not: max_batch_size is for all sequences of the prompt, side by "
            "side. A block takes any number, a layer of attention beside it makes room for so many rows and no more.",
            [
                edited(generate, f"max_batch_size=len(prompt) → max_batch_size={rows}")
                for rows in ("1", "prompt.shape[2]")
            ],
        ),
        _mistake(
            "the same token fed in again and again",
            "You feed in one and the same token, each time. Feed in what came out last.",
            [edited(generate, f"block(outputs[-1] → block({token}") for token in ("outputs[0]", "prompt[:, -1:]")],
            _several_calls_behind_the_prompt,
        ),
        _mistake(
            "a whole piece of outputs fed in",
            "You feed in all outputs of the last piece. One token is generated at a time: the latest output goes in, "
            "and nothing else.",
            [
                *(
                    edited(
                        generate,
                        "outputs = [out → latest, outputs = out, [out",
                        f"outputs.append({TOKEN_IN}) → latest = block(latest, inference_params=stream); "
                        "outputs.append(latest[:, -1:])",
                        *moved,
                    )
                    for moved in ((f"{AFTER_TOKEN} → stream.seqlen_offset += latest.shape[1]",), ())
                ),
                *(
                    _moved(None, moved, "[out[:, -1:]] → [out]")
                    for moved in (None, "stream.seqlen_offset += outputs[-1].shape[1]")
                ),
            ],
        ),
        _mistake(
            "pieces that overlap",
            "Your pieces of the prompt begin one token apart, so a token goes in several times. The next piece "
            "begins where the last one has ended.",
            [
                edited(generate, PIECES + "prompt.unfold(1, chunk, 1).transpose(2, 3).unbind(1)"),
                edited(generate, PIECES + "[prompt[:, i : i + chunk] for i in range(prompt.shape[1])]"),
            ],
        ),
        _mistake(
            "a stream for each row",
            "The numbers are right, but you read one row after the other. One stream carries them all: it has as many "
            "rows as the prompt.",
            lambda block, prompt, chunk, tokens: torch.cat(
                [generate(block, row, chunk, tokens) for row in prompt.split(1)]
            ),
        ),
        _mistake(
            "all generated tokens fed in again",
            "Each call gets all outputs so far, or the prompt, too. The stream has read the earlier tokens already: "
            "feed in the last one alone.",
            [
                edited(generate, f"{TOKEN_IN} → {ALL_IN}"),
                edited(generate, f"{TOKEN_IN} → {ALL_IN}[:, -1:]"),
                *(
                    _moved(None, moved, f"{TOKEN_IN} → {ALL_IN}[:, -1:]".replace("outputs, ", "[prompt, *outputs], "))
                    for moved in (None, "pass", "stream.seqlen_offset += prompt.shape[1] + len(outputs) - 1")
                ),
                _moved(None, "stream.seqlen_offset += len(outputs) - 1", f"{TOKEN_IN} → {ALL_IN}[:, -1:]"),
            ],
            _several_calls_behind_the_prompt,
        ),
        _mistake(
            "a call without its stream",
            "You call the block without inference_params. Then it remembers nothing, and what you give it is the "
            "beginning of a text.",
            [
                edited(generate, f"{TOKEN_IN} → block(outputs[-1])"),
                *(
                    edited(generate, f"{PIECE_IN} → block(piece)", *pieces, *more)
                    for pieces in ((), (f"{PIECES}[prompt]",))
                    for more in (
                        (),
                        (f"{IN_PROMPT} → ",),
                        (f"{TOKEN_IN} → block(outputs[-1])",),
                    )
                ),
            ],
        ),
        _mistake(
            "the step in the place of the stream",
            "The numbers are right, but block.step takes one token at a time, and you carry the memories of the block "
            "yourself. The stream of InferenceParams carries those of all blocks, and takes a whole chunk in one call.",
            [
                _by_steps,
                edited(
                    generate,
                    "outputs = [ → memory = stream.key_value_memory_dict[0]\n    outputs = [",
                    f"outputs.append({TOKEN_IN}) → out, *memory = block.step(outputs[-1], *memory); "
                    "outputs.append(out)",
                ),
            ],
        ),
        _mistake(
            "a token without its axis",
            "`out[:, -1]`, `squeeze` or `unbind` take a token out of its axis. The block wants (B, L, d_model), "
            "also for one token.",
            [
                *(edited(generate, f"out[:, -1:] → {last}") for last in ("out[:, -1]", "out[:, -1:].squeeze()")),
                edited(generate, f"{TOKEN_IN} → {TOKEN_IN}[:, -1]"),
            ],
        ),
        _mistake(
            "the last token alone",
            "You return what came out of the last call and nothing before it. All `tokens` of them belong to the "
            "result: what happens to an output when the next one comes?",
            edited(generate, "torch.cat(outputs, dim=1) → outputs[-1]"),
        ),
        _mistake(
            "a list of tokens",
            "You return the list of the outputs. Join them to one tensor, along time.",
            edited(generate, "torch.cat(outputs, dim=1) → outputs"),
        ),
        _mistake(
            "tokens put together as rows",
            "You join the outputs along the batch. They follow one another in time: (B, tokens, d_model).",
            edited(generate, "torch.cat(outputs, dim=1) → torch.cat(outputs, dim=0)"),
        ),
    ],
)
