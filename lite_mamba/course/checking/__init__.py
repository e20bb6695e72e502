"""What judges an answer: exercises, cases, comparison, the names of mistakes. Nothing here shows anything."""
