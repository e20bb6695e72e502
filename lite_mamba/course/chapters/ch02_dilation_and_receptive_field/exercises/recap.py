"""The recap of chapter 02."""

from ....checking.exercise import Question

RECAP = [
    Question(
        text="One branch has d_conv = 3 and dilation 5. How many samples does its field span, now included?",
        choices=["10", "11", "15", "16"],
        answer="11",
        why="Three taps have two gaps of 5 samples: the largest lag is 10, and lags 0 to 10 are 11 samples.",
    ),
    Question(
        text="Branches with dilations 1 and 16 run side by side, d_conv = 4. Which of these lags is not read?",
        choices=["lag 2", "lag 3", "lag 8", "lag 32"],
        answer="lag 8",
        why="Dilation 1 reads 0, 1, 2, 3 and dilation 16 reads 0, 16, 32, 48. Nothing reads lag 8.",
    ),
    Question(
        text="Why do layers in a stack see further than the same kernels side by side?",
        choices=[
            "Each layer brings taps of its own, so there are more weights",
            "A path takes one tap in each layer, so the lags add up",
            "The gates give the largest share to the kernel that sees furthest",
        ],
        answer="A path takes one tap in each layer, so the lags add up",
        why="Side by side, a path goes through one branch only, and the largest lag counts.",
    ),
    Question(
        text="A kernel averages four samples, 10 samples apart. A wiggle repeats every 10 samples. What comes out?",
        choices=["Nothing, the average removes it", "The same wiggle", "A wiggle that is 4 times slower"],
        answer="The same wiggle",
        why="All four taps read the same height of the wiggle, and the average of four equal numbers is that number.",
    ),
    Question(
        text="The front end of a Mamba block sees 25 samples. What does the output of the block depend on?",
        choices=["The last 25 samples", "The 10 lags that the taps read", "Every sample so far"],
        answer="Every sample so far",
        why="The scan behind the front end carries a state along, and every sample so far has left its trace in it.",
    ),
]
