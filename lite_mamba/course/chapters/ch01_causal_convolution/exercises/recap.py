"""The recap of chapter 01."""

from ....checking.exercise import Question

RECAP = [
    Question(
        "What does it mean that a layer is causal?",
        [
            "Its output is as long as its input",
            "y[t] depends on x[t] only",
            "y[t] depends on x[0] … x[t] only",
            "Its kernel is flipped",
        ],
        "y[t] depends on x[0] … x[t] only",
        "The past and the present are allowed, the future is not. The length says nothing about what is read.",
    ),
    Question(
        "A kernel of W taps, as PyTorch stores it. Which tap is multiplied by the oldest sample?",
        ["w[0]", "w[W − 1]", "w[W // 2]", "it depends on the padding"],
        "w[0]",
        "The taps lie over a window from old to new, wherever it stands. With causal padding the last one is now.",
    ),
    Question(
        "How many zeros does a causal convolution of width W need, and where?",
        ["W on the left", "(W − 1) / 2 on each side", "W − 1 on the right", "W − 1 on the left"],
        "W − 1 on the left",
        "One of the W taps is now, so y[0] lacks W − 1 samples, and they all lie before the start.",
    ),
    Question(
        "A depthwise convolution has D channels and W taps. How many weights are in its kernel?",
        ["W", "D · W", "D · D · W", "D · D"],
        "D · W",
        "Each channel has one kernel of W taps. D · D · W is the full convolution, which mixes the channels.",
    ),
    Question(
        "The gradient of y[3] with respect to x[5] is not zero. What do you know?",
        [
            "The layer has a memory of two samples",
            "The layer reads the future",
            "The kernel has at least three taps",
            "Nothing, gradients are never exactly zero",
        ],
        "The layer reads the future",
        "Output 3 moves when sample 5 moves, and sample 5 comes later. A causal layer has an exact zero there.",
    ),
]
