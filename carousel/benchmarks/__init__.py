"""Speed as ratios: our way beside what others would use, in turn, in one run."""
