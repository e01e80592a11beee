"""Losses: the formulas, and for each loss what a step gathers, draws and masks for its formula."""
