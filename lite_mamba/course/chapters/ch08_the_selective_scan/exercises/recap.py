"""The recap of chapter 08."""

from ....checking.exercise import Question

RECAP = [
    Question(
        text="u is (B, D, L) and A is (D, N). What is the shape of the tensor of all decays?",
        choices=["(B, D, L)", "(D, N)", "(B, D, N)", "(B, D, L, N)"],
        answer="(B, D, L, N)",
        why="Every token has a step size of its own for each channel, and every channel has N states that fade at "
        "their own speeds.",
    ),
    Question(
        text="An impulse comes in at t = 5. Which is the first output that can show it, with D = 0?",
        choices=["y at t = 4", "y at t = 5", "y at t = 6"],
        answer="y at t = 5",
        why="The state is updated first, then read: the token of now is already in it.",
    ),
    Question(
        text="What does the gate SiLU(z) do at z = 0?",
        choices=["It lets everything pass", "It lets half of it pass", "It is closed, for the skip too"],
        answer="It is closed, for the skip too",
        why="SiLU(0) = 0·sigmoid(0) = 0, and it multiplies the sum of y and D·u.",
    ),
    Question(
        text="You stop a scan after a million tokens and want to go on tomorrow. What do you keep of the scan?",
        choices=["The last output", "The last state, (B, D, N)", "All states, (B, D, L, N)", "The whole input"],
        answer="The last state, (B, D, N)",
        why="Everything that the future can know of the past is in the state. Its size does not depend on L.",
    ),
    Question(
        text="gradcheck fails for your new scan in float32. What do you do first?",
        choices=["Look for the mistake in backward", "Run it in float64", "Widen the tolerance until it passes"],
        answer="Run it in float64",
        why="In float32 the finite difference itself is wrong by rounding, so right functions fail as well.",
    ),
]
