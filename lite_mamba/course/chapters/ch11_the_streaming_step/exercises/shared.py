"""What several exercises of chapter 11 use."""

HISTORY_AXES = ("row", "channel", "column")
STATE_AXES = ("row", "channel", "state")
