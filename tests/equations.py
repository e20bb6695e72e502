"""The block as float64 loops, written from its equations; it shares no code with the package.

Slow on purpose: one Python loop over the time steps and one over the taps, one segment at a time.
"""

import torch
import torch.nn.functional as F

ACTIVATIONS = {None: lambda y: y, "identity": lambda y: y, "silu": lambda y: y * torch.sigmoid(y)}
ACTIVATIONS["swish"] = ACTIVATIONS["silu"]


def segments(seq_idx_row):
    """The (start, stop) of each run of equal indices in one row."""
    indices = seq_idx_row.tolist()
    borders = [t for t in range(1, len(indices)) if indices[t] != indices[t - 1]]
    return list(zip([0, *borders], [*borders, len(indices)], strict=True)) if indices else []


def conv_loop(x, weight, bias=None, activation=None, dilation=1, history=None):
    """y[d, t] = bias[d] + Σ_k weight[d, k] · x[d, t − (W − 1 − k)·dilation] for one row x (D, L)."""
    x, weight = x.double(), weight.double()
    history = x.new_zeros(x.shape[0], 0) if history is None else history.double()
    taps = weight.shape[1]
    y = torch.zeros_like(x)  # (D, L)
    for t in range(x.shape[1]):
        if bias is not None:
            y[:, t] += bias.double()
        for k in range(taps):
            read = t - (taps - 1 - k) * dilation
            if read >= 0:
                y[:, t] += weight[:, k] * x[:, read]
            elif -read <= history.shape[1]:
                y[:, t] += weight[:, k] * history[:, read]
    return ACTIVATIONS[activation](y)


def conv_batch(x, weight, bias=None, activation=None, dilation=1, history=None, seq_idx=None):
    """`conv_loop` for each row (B, D, L) and each segment; the history belongs to the first segment."""
    y = torch.zeros_like(x, dtype=torch.float64)
    for b in range(x.shape[0]):
        runs = [(0, x.shape[2])] if seq_idx is None else segments(seq_idx[b])
        for i, (start, stop) in enumerate(runs):
            before = history[b] if history is not None and i == 0 else None
            y[b, :, start:stop] = conv_loop(x[b, :, start:stop], weight, bias, activation, dilation, before)
    return y


def scan_loop(u, delta, A, B, C, D):
    """h_t = exp(Δ_t·A)·h_{t−1} + Δ_t·B_t·u_t, y_t = C_t·h_t + D·u_t for one row (D, L); y and the last h."""
    h = torch.zeros_like(A)  # (D, N)
    y = torch.zeros_like(u)  # (D, L)
    for t in range(u.shape[1]):
        h = torch.exp(delta[:, t, None] * A) * h + delta[:, t, None] * B[:, t] * u[:, t, None]
        y[:, t] = h @ C[:, t] + D * u[:, t]
    return y, h


def block_segment(block, hidden):
    """One segment (L, d_model) through the block's equations: out (L, d_model) and the last state."""
    p = {name: value.detach().double() for name, value in block.state_dict().items()}
    xz = hidden.double() @ p["in_proj.weight"].T + p.get("in_proj.bias", 0)  # (L, 2·d_inner)
    x, z = xz[:, : block.d_inner].T, xz[:, block.d_inner :].T  # (d_inner, L)
    shares = torch.softmax(p["conv_gates"], dim=0)
    u = torch.zeros_like(x)
    for i, dilation in enumerate(block.conv_dilations):
        weight, bias = p[f"conv1d_layers.{i}.weight"][:, 0], p.get(f"conv1d_layers.{i}.bias")
        u = u + shares[i] * conv_loop(x, weight, bias, "silu", dilation)
    selected = p["x_proj.weight"] @ u  # (R + 2N, L)
    low_rank, B, C = selected.split([block.dt_rank, block.d_state, block.d_state])
    delta = F.softplus(p["dt_proj.weight"] @ low_rank + p["dt_proj.bias"][:, None])
    y, h = scan_loop(u, delta, -torch.exp(p["A_log"]), B, C, p["D"])
    y = y * z * torch.sigmoid(z)
    return y.T @ p["out_proj.weight"].T + p.get("out_proj.bias", 0), h


def block_loop(block, hidden_states, seq_idx=None):
    """The block on (B, L, d_model), every segment on its own, in float64."""
    out = torch.zeros_like(hidden_states, dtype=torch.float64)
    for b in range(hidden_states.shape[0]):
        runs = [(0, hidden_states.shape[1])] if seq_idx is None else segments(seq_idx[b])
        for start, stop in runs:
            if stop > start:
                out[b, start:stop] = block_segment(block, hidden_states[b, start:stop])[0]
    return out


def stir(block, seed=0):
    """Move every parameter away from its special start: gates unequal, D not one, Δ large enough to matter."""
    generator = torch.Generator().manual_seed(seed)

    def noise(parameter, size):
        return size * torch.randn(parameter.shape, generator=generator, dtype=torch.float64).to(parameter)

    with torch.no_grad():
        block.conv_gates.add_(noise(block.conv_gates, 1.0))
        block.D.add_(noise(block.D, 0.3))
        block.A_log.add_(noise(block.A_log, 0.3))
        block.dt_proj.bias.copy_(noise(block.dt_proj.bias, 1.0) - 1.0)
        block.x_proj.weight.mul_(2.0)
        for parameter in block.conv1d_layers.parameters():
            parameter.add_(noise(parameter, 0.3))
    return block


def error(actual, expected):
    """Largest difference, as a share of the largest expected value."""
    if expected.numel() == 0:
        assert actual.shape == expected.shape
        return 0.0
    scale = expected.double().abs().max().clamp(min=1e-12)
    return ((actual.double() - expected.double()).abs().max() / scale).item()
