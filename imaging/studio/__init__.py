"""The photo page: before and after, other cut-outs, the shop's picture, what was done."""
