"""What a notebook shows: figures with sliders, verdicts, predictions, recaps, progress."""
